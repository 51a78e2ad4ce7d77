import unittest

from transformers import KyutaiSpeechToTextConfig, KyutaiSpeechToTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class KyutaiSpeechToTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = KyutaiSpeechToTextConfig
    model_class = KyutaiSpeechToTextModel
    layout = "half-split"
    entry = "inputs_embeds"
