import unittest

from transformers import GlmOcrTextConfig, GlmOcrTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class GlmOcrTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GlmOcrTextConfig
    model_class = GlmOcrTextModel
    layout = "interleaved"
