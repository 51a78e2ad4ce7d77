import unittest

from transformers import GraniteMoeConfig, GraniteMoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GraniteMoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GraniteMoeConfig
    model_class = GraniteMoeModel
    layout = "half-split"
