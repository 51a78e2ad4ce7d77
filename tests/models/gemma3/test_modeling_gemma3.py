import unittest

from transformers import Gemma3TextConfig, Gemma3TextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Gemma3TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Gemma3TextConfig
    model_class = Gemma3TextModel
    layout = "half-split"
