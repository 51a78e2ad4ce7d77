import unittest

from transformers.models.nemotron_h.modeling_nemotron_h import NemotronHAttention, apply_rotary_pos_emb

from transformers import NemotronHConfig, NemotronHModel
from transformers_conformance.rope.testing import UnusedRotationTestMixin


class NemotronHRotaryTest(UnusedRotationTestMixin, unittest.TestCase):
    """Its attention layers have no positions: other layers are recurrent."""

    rotation = staticmethod(apply_rotary_pos_emb)
    attention_class = NemotronHAttention
    config_class = NemotronHConfig
    model_class = NemotronHModel
