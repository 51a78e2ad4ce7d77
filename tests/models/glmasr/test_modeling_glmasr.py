import unittest

from transformers import GlmAsrEncoder, GlmAsrEncoderConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GlmAsrEncoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GlmAsrEncoderConfig
    model_class = GlmAsrEncoder
    layout = "half-split"
    input_adapter = "layers"
