import unittest

from transformers import GraniteConfig, GraniteModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GraniteRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GraniteConfig
    model_class = GraniteModel
    layout = "half-split"
