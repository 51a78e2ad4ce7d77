import unittest

import torch
from transformers.models.parakeet.modeling_parakeet import ParakeetEncoderAttention, apply_rotary_pos_emb

from transformers import ParakeetEncoder, ParakeetEncoderConfig
from transformers_conformance.rope.testing import UnusedRotationTestMixin


class ParakeetRotaryTest(UnusedRotationTestMixin, unittest.TestCase):
    """Its attention has relative positions, which are added to scores."""

    rotation = staticmethod(apply_rotary_pos_emb)
    attention_class = ParakeetEncoderAttention

    def run_pass(self):
        config = ParakeetEncoderConfig(
            hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=16, num_mel_bins=16
        )
        with torch.no_grad():
            ParakeetEncoder(config).eval()(torch.randn(1, 64, 16))
