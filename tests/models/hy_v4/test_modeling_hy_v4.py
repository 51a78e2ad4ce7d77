import unittest

from transformers import HYV4Config, HYV4Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class HYV4RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HYV4Config
    model_class = HYV4Model
    layout = "half-split"
    rotated_last = True
