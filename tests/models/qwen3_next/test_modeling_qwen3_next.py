import unittest

from transformers.models.qwen3_next import modeling_qwen3_next

from transformers import Qwen3NextConfig, Qwen3NextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Qwen3NextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3NextConfig
    model_class = Qwen3NextModel
    layout = "half-split"
    # The cache that 4.57 has for it cannot do without a layer of linear attention.
    config_overrides = (
        {"layer_types": ["full_attention", "linear_attention"]}
        if hasattr(modeling_qwen3_next, "Qwen3NextDynamicCache")
        else {}
    )
