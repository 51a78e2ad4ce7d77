import unittest

from transformers import Molmo2TextConfig, Molmo2TextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Molmo2TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Molmo2TextConfig
    model_class = Molmo2TextModel
    layout = "half-split"
