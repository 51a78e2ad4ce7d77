import unittest

import torch
from transformers.models.nemotron_h.modeling_nemotron_h import NemotronHAttention, apply_rotary_pos_emb

from transformers import NemotronHConfig, NemotronHModel
from transformers_conformance.rope import Description
from transformers_conformance.rope.tiny import model_of, size_values
from transformers_conformance.testing import UnusedRotationTestMixin


class NemotronHRotaryTest(UnusedRotationTestMixin, unittest.TestCase):
    """Its attention layers have no positions: other layers are recurrent."""

    rotation = staticmethod(apply_rotary_pos_emb)
    attention_class = NemotronHAttention

    def run_pass(self):
        described = Description(NemotronHConfig, NemotronHModel, "half-split")
        with torch.no_grad():
            model_of(described, size_values(described, 8))(input_ids=torch.arange(4, 15)[None])
