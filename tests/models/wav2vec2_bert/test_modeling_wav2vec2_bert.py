import unittest

from transformers import Wav2Vec2BertConfig, Wav2Vec2BertModel
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.tower import ConformerTower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Wav2Vec2BertRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = ConformerTower(
        Wav2Vec2BertConfig,
        Wav2Vec2BertModel,
        "half-split",
        one_axis,
        {
            "rotary_embedding_base": 100,
            "position_embeddings_type": "rotary",
        },
    )
