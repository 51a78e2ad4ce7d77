import unittest

from transformers import Cohere2Config, Cohere2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Cohere2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Cohere2Config
    model_class = Cohere2Model
    layout = "interleaved"
    # Layers of other kinds have no RoPE, which nothing in the config says.
    config_overrides = {"layer_types": ["sliding_attention", "sliding_attention"]}
