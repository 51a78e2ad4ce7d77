import unittest

from transformers import LasrEncoder, LasrEncoderConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class LasrEncoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = LasrEncoderConfig
    model_class = LasrEncoder
    layout = "half-split"
    input_adapter = "layers"
