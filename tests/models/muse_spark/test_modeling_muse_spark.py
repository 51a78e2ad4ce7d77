import unittest

from transformers import MuseSparkTextConfig, MuseSparkTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class MuseSparkTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MuseSparkTextConfig
    model_class = MuseSparkTextModel
    layout = "half-split"
