import unittest

from transformers import GlmConfig, GlmModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GlmRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GlmConfig
    model_class = GlmModel
    layout = "interleaved"
