import unittest

from transformers import Wav2Vec2BertConfig, Wav2Vec2BertModel
from transformers_conformance.rope.axial_spec import ConformerRotarySpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Wav2Vec2BertRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = ConformerRotarySpec(
        Wav2Vec2BertConfig,
        Wav2Vec2BertModel,
        "half-split",
        one_axis,
        config_overrides={
            "rotary_embedding_base": 100,
            "position_embeddings_type": "rotary",
        },
    )
