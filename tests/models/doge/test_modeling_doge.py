import unittest

from transformers import DogeConfig, DogeModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class DogeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DogeConfig
    model_class = DogeModel
    layout = "half-split"
    left_out = {"softmax_scale": "its dynamic mask adds to the scores what it makes of the values"}
