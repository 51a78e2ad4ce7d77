import unittest

from transformers.models.cohere_compass.configuration_cohere_compass import CohereCompassConfig
from transformers.models.cohere_compass.modeling_cohere_compass import CohereCompassForConditionalGeneration

from transformers import (
    CohereCompassTextConfig,
    CohereCompassTextModel,
    CohereCompassVisionConfig,
    CohereCompassVisionModel,
)
from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.several_axes_spec import sections
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class CohereCompassTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = CohereCompassTextConfig
    model_class = CohereCompassTextModel
    layout = "half-split"


class CohereCompassVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(CohereCompassVisionConfig, CohereCompassVisionModel, "half-split")


class CohereCompassSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        CohereCompassConfig,
        CohereCompassForConditionalGeneration,
        config_overrides={
            "text_config": {"rope_parameters": {"full_attention": sections(), "sliding_attention": sections()}}
        },
        frames_apart=True,
    )
