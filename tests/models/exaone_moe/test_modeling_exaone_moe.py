import unittest

from transformers import ExaoneMoeConfig, ExaoneMoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class ExaoneMoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = ExaoneMoeConfig
    model_class = ExaoneMoeModel
    layout = "half-split"
    # Layers of other kinds have no RoPE, which nothing in the config says.
    config_overrides = {"layer_types": ["sliding_attention", "sliding_attention"]}
