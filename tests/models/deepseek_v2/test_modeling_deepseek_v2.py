import unittest

from transformers import DeepseekV2Config, DeepseekV2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class DeepseekV2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DeepseekV2Config
    model_class = DeepseekV2Model
    layout = "interleaved"
    rotated_last = True
