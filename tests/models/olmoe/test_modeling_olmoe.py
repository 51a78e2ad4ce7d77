import unittest

from transformers import OlmoeConfig, OlmoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class OlmoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = OlmoeConfig
    model_class = OlmoeModel
    layout = "half-split"
