import unittest

from transformers import MllamaTextConfig, MllamaTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class MllamaTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MllamaTextConfig
    model_class = MllamaTextModel
    layout = "half-split"
