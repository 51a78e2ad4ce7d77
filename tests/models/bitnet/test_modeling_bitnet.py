import unittest

from transformers import BitNetConfig, BitNetModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class BitNetRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = BitNetConfig
    model_class = BitNetModel
    layout = "half-split"
