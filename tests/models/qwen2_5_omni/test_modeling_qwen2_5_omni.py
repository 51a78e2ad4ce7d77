import unittest

from transformers import Qwen2_5OmniTextConfig, Qwen2_5OmniThinkerTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Qwen2_5OmniThinkerTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2_5OmniTextConfig
    model_class = Qwen2_5OmniThinkerTextModel
    layout = "half-split"
