import unittest

from transformers.models.paddleocr_vl.configuration_paddleocr_vl import PaddleOCRVLConfig
from transformers.models.paddleocr_vl.modeling_paddleocr_vl import PaddleOCRVLForConditionalGeneration

from transformers import PaddleOCRTextConfig, PaddleOCRTextModel, PaddleOCRVisionConfig, PaddleOCRVisionModel
from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class PaddleOCRTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PaddleOCRTextConfig
    model_class = PaddleOCRTextModel
    layout = "half-split"


class PaddleOCRVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(PaddleOCRVisionConfig, PaddleOCRVisionModel, "half-split")


class PaddleOCRVLSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        PaddleOCRVLConfig,
        PaddleOCRVLForConditionalGeneration,
        videos=False,
    )
