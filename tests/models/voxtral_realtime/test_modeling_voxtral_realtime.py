import unittest

from transformers import VoxtralRealtimeEncoder, VoxtralRealtimeEncoderConfig
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class VoxtralRealtimeEncoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = VoxtralRealtimeEncoderConfig
    model_class = VoxtralRealtimeEncoder
    layout = "half-split"
    entry = "inputs_embeds"
