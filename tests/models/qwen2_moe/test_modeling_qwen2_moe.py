import unittest

from transformers import Qwen2MoeConfig, Qwen2MoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Qwen2MoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2MoeConfig
    model_class = Qwen2MoeModel
    layout = "half-split"
