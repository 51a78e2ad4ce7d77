import unittest

from transformers.models.mllama.configuration_mllama import MllamaTextConfig

from transformers import MllamaTextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MllamaTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MllamaTextConfig
    model_class = MllamaTextModel
    layout = "half-split"
