import unittest

from transformers import Qwen3_5MoeTextConfig, Qwen3_5MoeTextModel, Qwen3_5MoeVisionConfig, Qwen3_5MoeVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class Qwen3_5MoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3_5MoeTextConfig
    model_class = Qwen3_5MoeTextModel
    layout = "half-split"


class Qwen3_5MoeVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen3_5MoeVisionConfig, Qwen3_5MoeVisionModel, "half-split")
