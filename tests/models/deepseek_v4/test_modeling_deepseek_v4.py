import unittest

from transformers import DeepseekV4Config, DeepseekV4Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class DeepseekV4RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DeepseekV4Config
    model_class = DeepseekV4Model
    layout = "interleaved"
    rotated_last = True
    # Layers of other kinds choose tokens, so that more than a rotation depends on positions.
    config_overrides = {"layer_types": ["heavily_compressed_attention", "heavily_compressed_attention"]}
