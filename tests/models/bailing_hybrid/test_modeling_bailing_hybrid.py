import unittest

from transformers import BailingHybridConfig, BailingHybridModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class BailingHybridRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = BailingHybridConfig
    model_class = BailingHybridModel
    layout = "half-split"
    rotated_last = True
