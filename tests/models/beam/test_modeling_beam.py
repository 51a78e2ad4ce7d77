import unittest

from transformers import BeamConfig, BeamModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class BeamRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = BeamConfig
    model_class = BeamModel
    layout = "half-split"
    # Layers of the other kind have no RoPE, and scale queries by their positions.
    config_overrides = {"layer_types": ["sliding_attention", "sliding_attention"]}
