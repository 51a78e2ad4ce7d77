import unittest

from transformers import Starcoder2Config, Starcoder2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Starcoder2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Starcoder2Config
    model_class = Starcoder2Model
    layout = "half-split"
