import unittest

from transformers import Glm4MoeLiteConfig, Glm4MoeLiteModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Glm4MoeLiteRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Glm4MoeLiteConfig
    model_class = Glm4MoeLiteModel
    layout = "half-split"
    rotated_last = True
