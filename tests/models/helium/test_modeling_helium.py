import unittest

from transformers import HeliumConfig, HeliumModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class HeliumRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HeliumConfig
    model_class = HeliumModel
    layout = "interleaved"
