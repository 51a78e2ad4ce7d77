import unittest

from transformers import MuseSparkTextConfig, MuseSparkTextModel, MuseSparkVisionConfig, MuseSparkVisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin


class MuseSparkTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MuseSparkTextConfig
    model_class = MuseSparkTextModel
    layout = "half-split"


class MuseSparkVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(MuseSparkVisionConfig, MuseSparkVisionModel, "half-split")
