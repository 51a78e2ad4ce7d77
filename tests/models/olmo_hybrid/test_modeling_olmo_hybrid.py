import unittest

from transformers import OlmoHybridConfig, OlmoHybridModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class OlmoHybridRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = OlmoHybridConfig
    model_class = OlmoHybridModel
    layout = "half-split"
    config_overrides = {"layer_types": ["full_attention", "linear_attention"]}
