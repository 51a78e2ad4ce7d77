import unittest

from transformers import LaraMiniConfig, LaraMiniModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class LaraMiniRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = LaraMiniConfig
    model_class = LaraMiniModel
    layout = "half-split"
    # Layers of other kinds have no RoPE, which nothing in the config says.
    config_overrides = {"layer_types": ["sliding_attention", "sliding_attention"]}
