import unittest

from transformers import Phi4MultimodalConfig, Phi4MultimodalModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Phi4MultimodalRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Phi4MultimodalConfig
    model_class = Phi4MultimodalModel
    layout = "half-split"
    rope_types = ("longrope",)
    # The config's own length counts, whatever the RoPE parameters say.
    config_overrides = {
        "original_max_position_embeddings": 128,
        # Towers of images and sounds, which 4.57 does not make up where none are named.
        "vision_config": {
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
        },
        "audio_config": {"hidden_size": 32, "intermediate_size": 64, "num_blocks": 2, "num_attention_heads": 4},
    }
