import unittest

from transformers import GemmaConfig, GemmaModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GemmaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GemmaConfig
    model_class = GemmaModel
    layout = "half-split"
