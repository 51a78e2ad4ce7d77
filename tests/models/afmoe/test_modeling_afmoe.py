import unittest

from transformers import AfmoeConfig, AfmoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class AfmoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = AfmoeConfig
    model_class = AfmoeModel
    layout = "half-split"
    # Layers of other kinds have no RoPE, which nothing in the config says.
    config_overrides = {"layer_types": ["sliding_attention", "sliding_attention"]}
