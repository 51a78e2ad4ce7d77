import unittest

from transformers import Olmo2Config, Olmo2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Olmo2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Olmo2Config
    model_class = Olmo2Model
    layout = "half-split"
