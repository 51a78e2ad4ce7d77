import unittest

from transformers import JetMoeConfig, JetMoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class JetMoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = JetMoeConfig
    model_class = JetMoeModel
    layout = "half-split"
