import unittest

from transformers import DeepseekV3Config, DeepseekV3Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class DeepseekV3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DeepseekV3Config
    model_class = DeepseekV3Model
    layout = "half-split"
    rotated_last = True
