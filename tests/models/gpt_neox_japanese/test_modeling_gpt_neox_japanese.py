import unittest

from transformers import GPTNeoXJapaneseConfig, GPTNeoXJapaneseModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GPTNeoXJapaneseRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GPTNeoXJapaneseConfig
    model_class = GPTNeoXJapaneseModel
    layout = "half-split"
