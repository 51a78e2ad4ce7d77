import unittest

from transformers import LagunaConfig, LagunaModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class LagunaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = LagunaConfig
    model_class = LagunaModel
    layout = "half-split"
