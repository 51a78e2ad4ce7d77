import unittest

from transformers.models.glm_ocr.configuration_glm_ocr import GlmOcrConfig
from transformers.models.glm_ocr.modeling_glm_ocr import GlmOcrForConditionalGeneration

from transformers import GlmOcrTextConfig, GlmOcrTextModel, GlmOcrVisionConfig, GlmOcrVisionModel
from transformers_conformance.rope import Tower, WholeModel
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class GlmOcrTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GlmOcrTextConfig
    model_class = GlmOcrTextModel
    layout = "interleaved"


class GlmOcrVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(GlmOcrVisionConfig, GlmOcrVisionModel, "half-split")


class GlmOcrSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        GlmOcrConfig,
        GlmOcrForConditionalGeneration,
        frames_apart=True,
    )
