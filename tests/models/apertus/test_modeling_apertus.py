import unittest

from transformers import ApertusConfig, ApertusModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class ApertusRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = ApertusConfig
    model_class = ApertusModel
    layout = "half-split"
