import unittest

from transformers.models.glm4v_moe.modeling_glm4v_moe import (
    Glm4vMoeTextConfig,
    Glm4vMoeTextModel,
    Glm4vMoeVisionConfig,
    Glm4vMoeVisionModel,
)

from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class Glm4vMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Glm4vMoeTextConfig
    model_class = Glm4vMoeTextModel
    layout = "half-split"


class Glm4vMoeVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Glm4vMoeVisionConfig, Glm4vMoeVisionModel, "half-split")
