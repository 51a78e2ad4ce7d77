import unittest

from transformers import Exaone4Config, Exaone4Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Exaone4RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Exaone4Config
    model_class = Exaone4Model
    layout = "half-split"
    # Layers of other kinds have no RoPE, which nothing in the config says.
    config_overrides = {"layer_types": ["sliding_attention", "sliding_attention"]}
