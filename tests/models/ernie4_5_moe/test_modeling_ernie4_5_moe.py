import unittest

from transformers import Ernie4_5_MoeConfig, Ernie4_5_MoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Ernie4_5_MoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Ernie4_5_MoeConfig
    model_class = Ernie4_5_MoeModel
    layout = "interleaved"
