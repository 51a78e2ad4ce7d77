import unittest

from transformers import Qwen3_5TextConfig, Qwen3_5TextModel, Qwen3_5VisionConfig, Qwen3_5VisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class Qwen3_5TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3_5TextConfig
    model_class = Qwen3_5TextModel
    layout = "half-split"


class Qwen3_5VisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen3_5VisionConfig, Qwen3_5VisionModel, "half-split")
