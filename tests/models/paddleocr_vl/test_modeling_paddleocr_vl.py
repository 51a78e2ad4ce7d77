import unittest

from transformers.models.paddleocr_vl.configuration_paddleocr_vl import PaddleOCRVLConfig
from transformers.models.paddleocr_vl.modeling_paddleocr_vl import PaddleOCRVLForConditionalGeneration

from transformers import PaddleOCRTextConfig, PaddleOCRTextModel, PaddleOCRVisionConfig, PaddleOCRVisionModel
from transformers_conformance.rope import Tower, WholeModel
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class PaddleOCRTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PaddleOCRTextConfig
    model_class = PaddleOCRTextModel
    layout = "half-split"


class PaddleOCRVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(PaddleOCRVisionConfig, PaddleOCRVisionModel, "half-split")


class PaddleOCRVLSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        PaddleOCRVLConfig,
        PaddleOCRVLForConditionalGeneration,
        videos=False,
    )
