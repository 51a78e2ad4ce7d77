import unittest

from transformers import NomicBertConfig, NomicBertModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class NomicBertRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = NomicBertConfig
    model_class = NomicBertModel
    layout = "half-split"
