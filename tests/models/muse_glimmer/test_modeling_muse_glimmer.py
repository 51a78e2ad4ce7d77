import unittest

from transformers import MuseGlimmerTextConfig, MuseGlimmerTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class MuseGlimmerTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MuseGlimmerTextConfig
    model_class = MuseGlimmerTextModel
    layout = "half-split"
