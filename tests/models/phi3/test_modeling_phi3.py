import unittest

from transformers import Phi3Config, Phi3Model
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Phi3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Phi3Config
    model_class = Phi3Model
    layout = "half-split"
