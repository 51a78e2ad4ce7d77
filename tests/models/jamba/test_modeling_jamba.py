import unittest

from transformers.models.jamba.modeling_jamba import JambaAttention, apply_rotary_pos_emb

from transformers import JambaConfig, JambaModel
from transformers_conformance.rope.testing import UnusedRotationTestMixin


class JambaRotaryTest(UnusedRotationTestMixin, unittest.TestCase):
    """Its attention layers have no positions: other layers are recurrent."""

    rotation = staticmethod(apply_rotary_pos_emb)
    attention_class = JambaAttention
    config_class = JambaConfig
    model_class = JambaModel
