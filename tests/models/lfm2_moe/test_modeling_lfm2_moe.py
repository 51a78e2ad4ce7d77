import unittest

from transformers import Lfm2MoeConfig, Lfm2MoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Lfm2MoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Lfm2MoeConfig
    model_class = Lfm2MoeModel
    layout = "half-split"
