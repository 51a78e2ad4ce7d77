import unittest

from transformers import PhimoeConfig, PhimoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class PhimoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PhimoeConfig
    model_class = PhimoeModel
    layout = "half-split"
    # In training, tokens choose experts by chance.
    config_overrides = {"router_jitter_noise": 0.0}
