import unittest

from transformers import Nemotron3DiarizationAudioConfig, Nemotron3DiarizationAudioModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Nemotron3DiarizationAudioRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Nemotron3DiarizationAudioConfig
    model_class = Nemotron3DiarizationAudioModel
    layout = "half-split"
    input_adapter = "inputs_embeds"
    config_overrides = {"num_key_value_heads": 4}
