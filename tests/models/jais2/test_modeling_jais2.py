import unittest

from transformers import Jais2Config, Jais2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Jais2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Jais2Config
    model_class = Jais2Model
    layout = "half-split"
