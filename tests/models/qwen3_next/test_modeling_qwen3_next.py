import unittest

from transformers import Qwen3NextConfig, Qwen3NextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Qwen3NextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3NextConfig
    model_class = Qwen3NextModel
    layout = "half-split"
