import unittest

from transformers import FlintConfig, FlintModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class FlintRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = FlintConfig
    model_class = FlintModel
    layout = "half-split"
    # Layers of other kinds have no RoPE, which nothing in the config says.
    config_overrides = {"layer_types": ["sliding_attention", "sliding_attention"]}
