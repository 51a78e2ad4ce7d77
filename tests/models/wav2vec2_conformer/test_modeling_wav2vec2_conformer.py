import unittest

from transformers import Wav2Vec2ConformerConfig, Wav2Vec2ConformerModel
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.tower import ConformerTower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Wav2Vec2ConformerRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = ConformerTower(
        Wav2Vec2ConformerConfig,
        Wav2Vec2ConformerModel,
        "half-split",
        one_axis,
        {
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
