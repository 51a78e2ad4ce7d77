import unittest

from transformers import GteConfig, GteModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GteRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GteConfig
    model_class = GteModel
    layout = "half-split"
