import unittest

from transformers import Glm4Config, Glm4Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Glm4RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Glm4Config
    model_class = Glm4Model
    layout = "interleaved"
