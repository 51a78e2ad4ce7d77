import unittest

from transformers.models.eomt_dinov3.modeling_eomt_dinov3 import (
    EomtDinov3Layer,
    EomtDinov3PreTrainedModel,
    EomtDinov3RotaryEmbedding,
)

from transformers import EomtDinov3Config
from transformers_conformance.rope.axial_spec import PatchRotarySpec
from transformers_conformance.rope.coordinates import around_the_center
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class FirstLayer(EomtDinov3PreTrainedModel):
    """The only class that holds all layers has a loss that needs SciPy."""

    def __init__(self, config):
        super().__init__(config)
        self.rope_embeddings = EomtDinov3RotaryEmbedding(config)
        self.layer = EomtDinov3Layer(config)


class EomtDinov3RotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = PatchRotarySpec(EomtDinov3Config, FirstLayer, "half-split", around_the_center)
