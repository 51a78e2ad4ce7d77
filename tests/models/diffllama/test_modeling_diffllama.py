import unittest

from transformers import DiffLlamaConfig, DiffLlamaModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class DiffLlamaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DiffLlamaConfig
    model_class = DiffLlamaModel
    layout = "half-split"
