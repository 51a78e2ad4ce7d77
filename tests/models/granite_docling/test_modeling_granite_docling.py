import unittest

from transformers import GraniteDoclingTextConfig, GraniteDoclingTextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GraniteDoclingTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GraniteDoclingTextConfig
    model_class = GraniteDoclingTextModel
    layout = "half-split"
