import unittest

from transformers import Mistral4Config, Mistral4Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Mistral4RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Mistral4Config
    model_class = Mistral4Model
    layout = "half-split"
    rotated_last = True
