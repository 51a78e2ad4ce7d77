import unittest

from transformers import GPTNeoXConfig, GPTNeoXModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GPTNeoXRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GPTNeoXConfig
    model_class = GPTNeoXModel
    layout = "half-split"
