import unittest

from transformers import DbrxConfig, DbrxModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class DbrxRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DbrxConfig
    model_class = DbrxModel
    layout = "half-split"
    config_overrides = {"attn_config": {"kv_n_heads": 2, "rope_theta": 100.0, "clip_qkv": 100.0}}
