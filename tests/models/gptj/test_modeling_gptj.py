import unittest

from transformers import GPTJConfig, GPTJModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GPTJRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GPTJConfig
    model_class = GPTJModel
    layout = "interleaved"
