import unittest

from transformers import Nemotron3_5TranscribeAsrAudioConfig, Nemotron3_5TranscribeAsrAudioModel
from transformers_conformance.rope import Deviation
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Nemotron3_5TranscribeAsrAudioRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Nemotron3_5TranscribeAsrAudioConfig
    model_class = Nemotron3_5TranscribeAsrAudioModel
    layout = "half-split"
    entry = "inputs_embeds"
    config_overrides = {"num_key_value_heads": 4}
    exceptions = (
        Deviation(
            reason="RoPE parameters that are given take the place of the default ones as a whole: without a factor, "
            "the whole head turns, and not the half that it is by default",
            link="https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/models/nemotron3_5_transcribe/configuration_nemotron3_5_transcribe.py#L69",
            properties=("keys",),
            rotary_ndims=("partial",),
        ),
    )
