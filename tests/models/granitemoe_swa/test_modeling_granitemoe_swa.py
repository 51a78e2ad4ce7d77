import unittest

from transformers import GraniteMoeSWAConfig, GraniteMoeSWAModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GraniteMoeSWARotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GraniteMoeSWAConfig
    model_class = GraniteMoeSWAModel
    layout = "half-split"
