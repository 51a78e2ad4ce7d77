import unittest

from transformers.models.glm_ocr.configuration_glm_ocr import GlmOcrConfig
from transformers.models.glm_ocr.modeling_glm_ocr import GlmOcrForConditionalGeneration

from transformers import GlmOcrTextConfig, GlmOcrTextModel, GlmOcrVisionConfig, GlmOcrVisionModel
from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class GlmOcrTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GlmOcrTextConfig
    model_class = GlmOcrTextModel
    layout = "interleaved"


class GlmOcrVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(GlmOcrVisionConfig, GlmOcrVisionModel, "half-split")


class GlmOcrSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        GlmOcrConfig,
        GlmOcrForConditionalGeneration,
        frames_apart=True,
    )
