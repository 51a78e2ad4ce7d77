import unittest

from transformers import MuseSparkTextConfig, MuseSparkTextModel, MuseSparkVisionConfig, MuseSparkVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class MuseSparkTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MuseSparkTextConfig
    model_class = MuseSparkTextModel
    layout = "half-split"


class MuseSparkVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(MuseSparkVisionConfig, MuseSparkVisionModel, "half-split")
