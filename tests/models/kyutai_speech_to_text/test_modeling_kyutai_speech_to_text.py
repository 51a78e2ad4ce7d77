import unittest

from transformers import KyutaiSpeechToTextConfig, KyutaiSpeechToTextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class KyutaiSpeechToTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = KyutaiSpeechToTextConfig
    model_class = KyutaiSpeechToTextModel
    layout = "half-split"
    input_adapter = "inputs_embeds"
