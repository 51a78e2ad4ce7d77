import unittest

from transformers import DogeConfig, DogeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class DogeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DogeConfig
    model_class = DogeModel
    layout = "half-split"
    excluded_checks = {"softmax_scale": "its dynamic mask adds to the scores what it makes of the values"}
