import unittest

from transformers.models.apertus1p5.modeling_apertus1p5 import Apertus1p5TextConfig, Apertus1p5TextModel

from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Apertus1p5TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Apertus1p5TextConfig
    model_class = Apertus1p5TextModel
    layout = "half-split"
