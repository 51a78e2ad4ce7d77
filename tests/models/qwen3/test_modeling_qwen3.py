import unittest

from transformers import Qwen3Config, Qwen3Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Qwen3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3Config
    model_class = Qwen3Model
    layout = "half-split"
