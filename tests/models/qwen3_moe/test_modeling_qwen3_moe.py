import unittest

from transformers import Qwen3MoeConfig, Qwen3MoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Qwen3MoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3MoeConfig
    model_class = Qwen3MoeModel
    layout = "half-split"
