import unittest

from transformers import Olmo3Config, Olmo3Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Olmo3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Olmo3Config
    model_class = Olmo3Model
    layout = "half-split"
