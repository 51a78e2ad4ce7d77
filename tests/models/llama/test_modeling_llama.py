import unittest

from transformers import LlamaConfig, LlamaModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class LlamaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = LlamaConfig
    model_class = LlamaModel
    layout = "half-split"
