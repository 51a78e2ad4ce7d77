import unittest

from transformers.models.qwen3_vl_moe.configuration_qwen3_vl_moe import Qwen3VLMoeConfig
from transformers.models.qwen3_vl_moe.modeling_qwen3_vl_moe import (
    Qwen3VLMoeForConditionalGeneration,
    Qwen3VLMoeTextConfig,
    Qwen3VLMoeTextModel,
    Qwen3VLMoeVisionConfig,
    Qwen3VLMoeVisionModel,
)

from transformers_conformance.rope import Tower, WholeModel
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class Qwen3VLMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3VLMoeTextConfig
    model_class = Qwen3VLMoeTextModel
    layout = "half-split"


class Qwen3VLMoeVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen3VLMoeVisionConfig, Qwen3VLMoeVisionModel, "half-split")


class Qwen3VLMoeSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        Qwen3VLMoeConfig,
        Qwen3VLMoeForConditionalGeneration,
        frames_apart=True,
    )
