import unittest

import torch
from transformers.models.jamba.modeling_jamba import JambaAttention, apply_rotary_pos_emb

from transformers import JambaConfig, JambaModel
from transformers_conformance.rope import Description
from transformers_conformance.rope.tiny import model_of, size_values
from transformers_conformance.testing import UnusedRotationTestMixin


class JambaRotaryTest(UnusedRotationTestMixin, unittest.TestCase):
    """Its attention layers have no positions: other layers are recurrent."""

    rotation = staticmethod(apply_rotary_pos_emb)
    attention_class = JambaAttention

    def run_pass(self):
        described = Description(JambaConfig, JambaModel, "half-split")
        with torch.no_grad():
            model_of(described, size_values(described, 8))(input_ids=torch.arange(4, 15)[None])
