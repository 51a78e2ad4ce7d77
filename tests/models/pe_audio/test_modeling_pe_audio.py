import unittest

from transformers import PeAudioEncoder, PeAudioEncoderConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class PeAudioEncoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PeAudioEncoderConfig
    model_class = PeAudioEncoder
    layout = "interleaved"
    input_adapter = "layers"
    config_overrides = {"dac_config": {"encoder_hidden_size": 4, "hidden_size": 64, "decoder_hidden_size": 64}}
