import unittest

from transformers import Qwen2VLTextConfig, Qwen2VLTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Qwen2VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2VLTextConfig
    model_class = Qwen2VLTextModel
    layout = "half-split"
