import unittest

from transformers import ModernBertDecoderConfig, ModernBertDecoderModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class ModernBertDecoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = ModernBertDecoderConfig
    model_class = ModernBertDecoderModel
    layout = "half-split"
