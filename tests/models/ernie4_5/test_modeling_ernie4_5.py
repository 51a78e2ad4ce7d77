import unittest

from transformers import Ernie4_5Config, Ernie4_5Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Ernie4_5RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Ernie4_5Config
    model_class = Ernie4_5Model
    layout = "interleaved"
