import unittest

from transformers import Qwen3_5MoeTextConfig, Qwen3_5MoeTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Qwen3_5MoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3_5MoeTextConfig
    model_class = Qwen3_5MoeTextModel
    layout = "half-split"
