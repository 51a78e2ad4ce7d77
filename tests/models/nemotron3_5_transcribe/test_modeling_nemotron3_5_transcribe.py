import unittest

from transformers import Nemotron3_5TranscribeAsrAudioConfig, Nemotron3_5TranscribeAsrAudioModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Nemotron3_5TranscribeAsrAudioRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Nemotron3_5TranscribeAsrAudioConfig
    model_class = Nemotron3_5TranscribeAsrAudioModel
    layout = "half-split"
    entry = "inputs_embeds"
    config_overrides = {"num_key_value_heads": 4}
