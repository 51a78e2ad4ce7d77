import unittest

from transformers.models.glm4v.configuration_glm4v import Glm4vConfig
from transformers.models.glm4v.modeling_glm4v import (
    Glm4vForConditionalGeneration,
    Glm4vTextConfig,
    Glm4vTextModel,
    Glm4vVisionConfig,
    Glm4vVisionModel,
)

from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Glm4vTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Glm4vTextConfig
    model_class = Glm4vTextModel
    layout = "interleaved"


class Glm4vVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Glm4vVisionConfig, Glm4vVisionModel, "half-split")


class Glm4vSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Glm4vConfig,
        Glm4vForConditionalGeneration,
        frames_apart=True,
    )
