import unittest

from transformers import Dots1Config, Dots1Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Dots1RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Dots1Config
    model_class = Dots1Model
    layout = "half-split"
