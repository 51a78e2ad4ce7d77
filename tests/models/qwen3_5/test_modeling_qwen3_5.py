import unittest

from transformers import Qwen3_5TextConfig, Qwen3_5TextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Qwen3_5TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3_5TextConfig
    model_class = Qwen3_5TextModel
    layout = "half-split"
