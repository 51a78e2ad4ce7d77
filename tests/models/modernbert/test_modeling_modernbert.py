import unittest

from transformers import ModernBertConfig, ModernBertModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class ModernBertRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = ModernBertConfig
    model_class = ModernBertModel
    layout = "half-split"
