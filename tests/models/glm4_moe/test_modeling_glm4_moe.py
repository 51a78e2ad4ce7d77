import unittest

from transformers import Glm4MoeConfig, Glm4MoeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Glm4MoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Glm4MoeConfig
    model_class = Glm4MoeModel
    layout = "half-split"
