import unittest

from transformers.models.neucodec.modeling_neucodec import NeuCodecDecoder

from transformers import NeuCodecConfig
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class NeuCodecDecoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = NeuCodecConfig
    model_class = NeuCodecDecoder
    layout = "half-split"
    entry = "hidden_states"
    config_overrides = {"hidden_size": 32}
