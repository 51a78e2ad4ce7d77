import unittest

from transformers import AXK2Config, AXK2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class AXK2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = AXK2Config
    model_class = AXK2Model
    layout = "half-split"
    rotated_last = True
