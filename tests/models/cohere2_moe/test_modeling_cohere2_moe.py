import unittest

from transformers import Cohere2MoeConfig, Cohere2MoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Cohere2MoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Cohere2MoeConfig
    model_class = Cohere2MoeModel
    layout = "interleaved"
    # Layers of other kinds have no RoPE, which nothing in the config says.
    config_overrides = {"layer_types": ["sliding_attention", "sliding_attention"]}
