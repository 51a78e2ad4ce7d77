import unittest

from transformers.models.cohere_compass.configuration_cohere_compass import CohereCompassConfig
from transformers.models.cohere_compass.modeling_cohere_compass import CohereCompassForConditionalGeneration

from transformers import (
    CohereCompassTextConfig,
    CohereCompassTextModel,
    CohereCompassVisionConfig,
    CohereCompassVisionModel,
)
from transformers_conformance.rope import Tower, WholeModel
from transformers_conformance.rope.whole_model import sections
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class CohereCompassTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = CohereCompassTextConfig
    model_class = CohereCompassTextModel
    layout = "half-split"


class CohereCompassVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(CohereCompassVisionConfig, CohereCompassVisionModel, "half-split")


class CohereCompassSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        CohereCompassConfig,
        CohereCompassForConditionalGeneration,
        {"text_config": {"rope_parameters": {"full_attention": sections(), "sliding_attention": sections()}}},
        frames_apart=True,
    )
