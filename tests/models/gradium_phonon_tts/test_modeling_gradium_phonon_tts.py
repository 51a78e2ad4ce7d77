import unittest

from transformers import GradiumPhononTTSConfig, GradiumPhononTTSModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GradiumPhononTTSRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GradiumPhononTTSConfig
    model_class = GradiumPhononTTSModel
    layout = "half-split"
    # A key for each head, which the config does not insist on: checkpoints hold q, k and v in three equal parts.
    config_overrides = {"num_key_value_heads": 4}
