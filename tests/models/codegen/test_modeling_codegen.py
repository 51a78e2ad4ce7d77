import unittest

from transformers import CodeGenConfig, CodeGenModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class CodeGenRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = CodeGenConfig
    model_class = CodeGenModel
    layout = "interleaved"
