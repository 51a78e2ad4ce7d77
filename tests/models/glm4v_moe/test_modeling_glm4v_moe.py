import unittest

from transformers.models.glm4v_moe.configuration_glm4v_moe import Glm4vMoeConfig
from transformers.models.glm4v_moe.modeling_glm4v_moe import (
    Glm4vMoeForConditionalGeneration,
    Glm4vMoeTextConfig,
    Glm4vMoeTextModel,
    Glm4vMoeVisionConfig,
    Glm4vMoeVisionModel,
)

from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.several_axes_spec import sections
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Glm4vMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Glm4vMoeTextConfig
    model_class = Glm4vMoeTextModel
    layout = "half-split"


class Glm4vMoeVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Glm4vMoeVisionConfig, Glm4vMoeVisionModel, "half-split")


class Glm4vMoeSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Glm4vMoeConfig,
        Glm4vMoeForConditionalGeneration,
        config_overrides={"text_config": {"rope_parameters": sections() | {"partial_rotary_factor": 1.0}}},
        frames_apart=True,
    )
