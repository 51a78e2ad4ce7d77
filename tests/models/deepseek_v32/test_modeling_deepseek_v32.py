import unittest

from transformers import DeepseekV32Config, DeepseekV32Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class DeepseekV32RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DeepseekV32Config
    model_class = DeepseekV32Model
    layout = "half-split"
    rotated_last = True
