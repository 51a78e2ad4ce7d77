import unittest

from transformers import (
    CohereCompassTextConfig,
    CohereCompassTextModel,
    CohereCompassVisionConfig,
    CohereCompassVisionModel,
)
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class CohereCompassTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = CohereCompassTextConfig
    model_class = CohereCompassTextModel
    layout = "half-split"


class CohereCompassVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(CohereCompassVisionConfig, CohereCompassVisionModel, "half-split")
