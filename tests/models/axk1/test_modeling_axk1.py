import unittest

from transformers import AXK1Config, AXK1Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class AXK1RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = AXK1Config
    model_class = AXK1Model
    layout = "half-split"
    rotated_last = True
