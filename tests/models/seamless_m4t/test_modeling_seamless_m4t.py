import unittest

from transformers.models.seamless_m4t.modeling_seamless_m4t import SeamlessM4TSpeechEncoder

from transformers import SeamlessM4TConfig
from transformers_conformance.rope.axial_spec import ConformerRotarySpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class SeamlessM4TSpeechEncoderRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = ConformerRotarySpec(
        SeamlessM4TConfig,
        SeamlessM4TSpeechEncoder,
        "half-split",
        one_axis,
        config_overrides={
            "position_embeddings_type": "rotary",
            "rotary_embedding_base": 100,
            "speech_encoder_layers": 1,
            "speech_encoder_attention_heads": 4,
            "speech_encoder_intermediate_size": 16,
        },
    )
