import unittest

from transformers.models.moonshine.modeling_moonshine import MoonshineDecoder

from transformers import MoonshineConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MoonshineDecoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MoonshineConfig
    model_class = MoonshineDecoder
    layout = "interleaved"
    # A key for each head, which the config does not insist on.
    config_overrides = {"encoder_num_key_value_heads": 4, "decoder_num_key_value_heads": 4}
