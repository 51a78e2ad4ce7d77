import unittest

from transformers import Wav2Vec2ConformerConfig, Wav2Vec2ConformerModel
from transformers_conformance.rope.axial_spec import ConformerRotarySpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Wav2Vec2ConformerRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = ConformerRotarySpec(
        Wav2Vec2ConformerConfig,
        Wav2Vec2ConformerModel,
        "half-split",
        one_axis,
        config_overrides={
            "rotary_embedding_base": 100,
            "position_embeddings_type": "rotary",
            "conv_dim": (4,),
            "conv_kernel": (4,),
            "conv_stride": (4,),
            "num_feat_extract_layers": 1,
            "num_conv_pos_embeddings": 2,
            "num_conv_pos_embedding_groups": 1,
        },
    )
