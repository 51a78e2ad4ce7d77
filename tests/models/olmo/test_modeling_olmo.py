import unittest

from transformers import OlmoConfig, OlmoModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class OlmoRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = OlmoConfig
    model_class = OlmoModel
    layout = "half-split"
