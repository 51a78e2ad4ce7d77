import unittest

from transformers import Qwen3VLMoeTextConfig, Qwen3VLMoeTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Qwen3VLMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3VLMoeTextConfig
    model_class = Qwen3VLMoeTextModel
    layout = "half-split"
