import unittest

from transformers import Nemotron3_5TranscribeAsrAudioConfig, Nemotron3_5TranscribeAsrAudioModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Nemotron3_5TranscribeAsrAudioRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Nemotron3_5TranscribeAsrAudioConfig
    model_class = Nemotron3_5TranscribeAsrAudioModel
    layout = "half-split"
    input_adapter = "inputs_embeds"
    config_overrides = {"num_key_value_heads": 4}
