import unittest

from transformers.models.xcodec2.modeling_xcodec2 import Xcodec2Decoder

from transformers import Xcodec2Config
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Xcodec2DecoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Xcodec2Config
    model_class = Xcodec2Decoder
    layout = "half-split"
    input_adapter = "hidden_states"
    # Keys turn by their heads, as queries do, so there must be as many.
    config_overrides = {"hidden_size": 32, "num_key_value_heads": 4}
