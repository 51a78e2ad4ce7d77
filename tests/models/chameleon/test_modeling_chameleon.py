import unittest

from transformers import ChameleonConfig, ChameleonModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class ChameleonRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = ChameleonConfig
    model_class = ChameleonModel
    layout = "half-split"
