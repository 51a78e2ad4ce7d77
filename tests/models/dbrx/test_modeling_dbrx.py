import unittest

from transformers.models.dbrx.modeling_dbrx import DbrxRotaryEmbedding

from transformers import DbrxConfig, DbrxModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


ATTENTION = {"kv_n_heads": 2, "clip_qkv": 100.0}
# The base of 4.57 stands among its attention's, at its default here; and parts take no more than they name.
OLDER = {"attn_config": ATTENTION, "ffn_config": {"ffn_hidden_size": 64, "moe_num_experts": 4, "moe_top_k": 2}}


class DbrxRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DbrxConfig
    model_class = DbrxModel
    layout = "half-split"
    config_overrides = (
        {"attn_config": ATTENTION | {"rope_theta": 100.0}}
        if hasattr(DbrxRotaryEmbedding, "compute_default_rope_parameters")
        else OLDER
    )
