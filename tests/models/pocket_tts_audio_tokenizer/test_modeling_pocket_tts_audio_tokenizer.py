import unittest

from transformers.models.pocket_tts_audio_tokenizer.modeling_pocket_tts_audio_tokenizer import (
    PocketTTSAudioTokenizerTransformerModel,
)

from transformers import PocketTTSAudioTokenizerConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class PocketTTSAudioTokenizerTransformerRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PocketTTSAudioTokenizerConfig
    model_class = PocketTTSAudioTokenizerTransformerModel
    layout = "half-split"
    input_adapter = "hidden_states"
