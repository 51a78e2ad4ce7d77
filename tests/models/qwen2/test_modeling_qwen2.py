import unittest

from transformers import Qwen2Config, Qwen2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Qwen2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2Config
    model_class = Qwen2Model
    layout = "half-split"
