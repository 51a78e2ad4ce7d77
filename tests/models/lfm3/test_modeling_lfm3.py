import unittest

from transformers import Lfm3Config, Lfm3Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Lfm3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Lfm3Config
    model_class = Lfm3Model
    layout = "half-split"
