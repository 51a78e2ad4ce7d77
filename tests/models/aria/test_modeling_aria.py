import unittest

from transformers import AriaTextConfig, AriaTextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class AriaTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = AriaTextConfig
    model_class = AriaTextModel
    layout = "half-split"
