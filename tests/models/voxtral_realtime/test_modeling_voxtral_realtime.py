import unittest

from transformers import VoxtralRealtimeEncoder, VoxtralRealtimeEncoderConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class VoxtralRealtimeEncoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = VoxtralRealtimeEncoderConfig
    model_class = VoxtralRealtimeEncoder
    layout = "half-split"
    input_adapter = "inputs_embeds"
