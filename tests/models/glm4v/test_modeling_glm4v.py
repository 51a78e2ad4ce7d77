import unittest

from transformers import Glm4vTextConfig, Glm4vTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Glm4vTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Glm4vTextConfig
    model_class = Glm4vTextModel
    layout = "interleaved"
