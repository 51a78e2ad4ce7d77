import unittest

from transformers import Qwen3OmniMoeTextConfig, Qwen3OmniMoeThinkerTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Qwen3OmniMoeThinkerTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3OmniMoeTextConfig
    model_class = Qwen3OmniMoeThinkerTextModel
    layout = "half-split"
