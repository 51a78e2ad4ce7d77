import unittest

from transformers import GPTNeoXJapaneseConfig, GPTNeoXJapaneseModel
from transformers_conformance.rope import Deviation
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class GPTNeoXJapaneseRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GPTNeoXJapaneseConfig
    model_class = GPTNeoXJapaneseModel
    layout = "half-split"
    exceptions = {
        "cast": Deviation("the buffer inv_freq is cast with the model"),
    }
