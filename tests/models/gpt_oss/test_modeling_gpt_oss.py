import unittest

from transformers import GptOssConfig, GptOssModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GptOssRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GptOssConfig
    model_class = GptOssModel
    layout = "half-split"
