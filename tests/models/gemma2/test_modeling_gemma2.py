import unittest

from transformers import Gemma2Config, Gemma2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Gemma2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Gemma2Config
    model_class = Gemma2Model
    layout = "half-split"
