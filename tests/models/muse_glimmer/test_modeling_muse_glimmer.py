import unittest

from transformers import MuseGlimmerTextConfig, MuseGlimmerTextModel, MuseGlimmerVisionConfig, MuseGlimmerVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class MuseGlimmerTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MuseGlimmerTextConfig
    model_class = MuseGlimmerTextModel
    layout = "half-split"


class MuseGlimmerVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(MuseGlimmerVisionConfig, MuseGlimmerVisionModel, "half-split")
