import unittest

from transformers import GlmImageTextConfig, GlmImageTextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GlmImageTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GlmImageTextConfig
    model_class = GlmImageTextModel
    layout = "half-split"
