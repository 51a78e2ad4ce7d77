import unittest

from transformers import HYV3Config, HYV3Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class HYV3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HYV3Config
    model_class = HYV3Model
    layout = "half-split"
