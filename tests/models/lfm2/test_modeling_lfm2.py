import unittest

from transformers import Lfm2Config, Lfm2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Lfm2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Lfm2Config
    model_class = Lfm2Model
    layout = "half-split"
