import unittest

from transformers import Zamba2Config, Zamba2Model
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Zamba2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Zamba2Config
    model_class = Zamba2Model
    layout = "half-split"
    config_overrides = {"num_attention_heads": 8, "num_key_value_heads": 8}
