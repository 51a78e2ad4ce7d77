import unittest

from transformers import GlmOcrTextConfig, GlmOcrTextModel, GlmOcrVisionConfig, GlmOcrVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class GlmOcrTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GlmOcrTextConfig
    model_class = GlmOcrTextModel
    layout = "interleaved"


class GlmOcrVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(GlmOcrVisionConfig, GlmOcrVisionModel, "half-split")
