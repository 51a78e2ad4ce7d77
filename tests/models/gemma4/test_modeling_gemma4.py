import unittest

from transformers import Gemma4TextConfig, Gemma4TextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Gemma4TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Gemma4TextConfig
    model_class = Gemma4TextModel
    layout = "half-split"
