import unittest

from transformers import DbrxConfig, DbrxModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class DbrxRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DbrxConfig
    model_class = DbrxModel
    layout = "half-split"
    # 4.57's part of a config takes no more than it names, and has the base, whose default is then asked for.
    config_overrides = {
        "attn_config": {"kv_n_heads": 2, "clip_qkv": 100.0},
        "ffn_config": {"ffn_hidden_size": 64, "moe_num_experts": 4, "moe_top_k": 2},
    }
