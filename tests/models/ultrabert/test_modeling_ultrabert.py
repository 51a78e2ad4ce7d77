import unittest

from transformers import UltrabertConfig, UltrabertModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class UltrabertRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = UltrabertConfig
    model_class = UltrabertModel
    layout = "half-split"
