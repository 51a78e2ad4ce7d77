import unittest

import torch
from transformers.models.nemotron_asr_streaming.modeling_nemotron_asr_streaming import (
    NemotronAsrStreamingEncoderAttention,
    apply_rotary_pos_emb,
)

from transformers import NemotronAsrStreamingEncoder, NemotronAsrStreamingEncoderConfig
from transformers_conformance.rope.testing import UnusedRotationTestMixin


class NemotronAsrStreamingRotaryTest(UnusedRotationTestMixin, unittest.TestCase):
    """Its attention has relative positions, which are added to scores."""

    rotation = staticmethod(apply_rotary_pos_emb)
    attention_class = NemotronAsrStreamingEncoderAttention

    def run_pass(self):
        config = NemotronAsrStreamingEncoderConfig(
            hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=16, num_mel_bins=16
        )
        with torch.no_grad():
            NemotronAsrStreamingEncoder(config).eval()(torch.randn(1, 64, 16))
