import unittest

from transformers import PhiConfig, PhiModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class PhiRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PhiConfig
    model_class = PhiModel
    layout = "half-split"
