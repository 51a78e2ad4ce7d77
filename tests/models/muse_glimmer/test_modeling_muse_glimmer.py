import unittest

from transformers import MuseGlimmerTextConfig, MuseGlimmerTextModel, MuseGlimmerVisionConfig, MuseGlimmerVisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin


class MuseGlimmerTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MuseGlimmerTextConfig
    model_class = MuseGlimmerTextModel
    layout = "half-split"


class MuseGlimmerVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(MuseGlimmerVisionConfig, MuseGlimmerVisionModel, "half-split")
