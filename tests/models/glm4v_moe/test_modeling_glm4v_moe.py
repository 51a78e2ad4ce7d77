import unittest

from transformers.models.glm4v_moe.configuration_glm4v_moe import Glm4vMoeConfig
from transformers.models.glm4v_moe.modeling_glm4v_moe import (
    Glm4vMoeForConditionalGeneration,
    Glm4vMoeTextConfig,
    Glm4vMoeTextModel,
    Glm4vMoeVisionConfig,
    Glm4vMoeVisionModel,
)

from transformers_conformance.rope import Tower, WholeModel
from transformers_conformance.rope.whole_model import sections
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class Glm4vMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Glm4vMoeTextConfig
    model_class = Glm4vMoeTextModel
    layout = "half-split"


class Glm4vMoeVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Glm4vMoeVisionConfig, Glm4vMoeVisionModel, "half-split")


class Glm4vMoeSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        Glm4vMoeConfig,
        Glm4vMoeForConditionalGeneration,
        {"text_config": {"rope_parameters": sections() | {"partial_rotary_factor": 1.0}}},
        frames_apart=True,
    )
