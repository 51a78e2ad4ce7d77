import unittest

from transformers.models.eomt_dinov3.modeling_eomt_dinov3 import (
    EomtDinov3Layer,
    EomtDinov3PreTrainedModel,
    EomtDinov3RotaryEmbedding,
)

from transformers import EomtDinov3Config
from transformers_conformance.rope.coordinates import around_the_center
from transformers_conformance.rope.tower import PatchTower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class FirstLayer(EomtDinov3PreTrainedModel):
    """The only class that holds all layers has a loss that needs SciPy."""

    def __init__(self, config):
        super().__init__(config)
        self.rope_embeddings = EomtDinov3RotaryEmbedding(config)
        self.layer = EomtDinov3Layer(config)


class EomtDinov3RotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = PatchTower(EomtDinov3Config, FirstLayer, "half-split", around_the_center)
