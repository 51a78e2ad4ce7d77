import unittest

from transformers import SolarOpenConfig, SolarOpenModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class SolarOpenRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = SolarOpenConfig
    model_class = SolarOpenModel
    layout = "half-split"
