import unittest

from transformers.models.neucodec.modeling_neucodec import NeuCodecDecoder

from transformers import NeuCodecConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class NeuCodecDecoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = NeuCodecConfig
    model_class = NeuCodecDecoder
    layout = "half-split"
    input_adapter = "hidden_states"
    # Keys turn by their heads, as queries do, so there must be as many.
    config_overrides = {"hidden_size": 32, "num_key_value_heads": 4}
