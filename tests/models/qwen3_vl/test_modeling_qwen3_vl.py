import unittest

from transformers import Qwen3VLTextConfig, Qwen3VLTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Qwen3VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3VLTextConfig
    model_class = Qwen3VLTextModel
    layout = "half-split"
