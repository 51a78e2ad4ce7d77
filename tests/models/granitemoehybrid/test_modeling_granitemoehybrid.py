import unittest

from transformers import GraniteMoeHybridConfig, GraniteMoeHybridModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GraniteMoeHybridRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GraniteMoeHybridConfig
    model_class = GraniteMoeHybridModel
    layout = "half-split"
