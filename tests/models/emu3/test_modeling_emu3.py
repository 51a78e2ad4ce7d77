import unittest

from transformers import Emu3TextConfig, Emu3TextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Emu3TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Emu3TextConfig
    model_class = Emu3TextModel
    layout = "half-split"
