import unittest

from transformers import Llama4TextConfig, Llama4TextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Llama4TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Llama4TextConfig
    model_class = Llama4TextModel
    layout = "interleaved"
    normed_after_rotation = True
