import unittest

from transformers.models.qwen3_vl_moe.configuration_qwen3_vl_moe import Qwen3VLMoeConfig
from transformers.models.qwen3_vl_moe.modeling_qwen3_vl_moe import (
    Qwen3VLMoeForConditionalGeneration,
    Qwen3VLMoeTextConfig,
    Qwen3VLMoeTextModel,
    Qwen3VLMoeVisionConfig,
    Qwen3VLMoeVisionModel,
)

from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Qwen3VLMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3VLMoeTextConfig
    model_class = Qwen3VLMoeTextModel
    layout = "half-split"


class Qwen3VLMoeVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Qwen3VLMoeVisionConfig, Qwen3VLMoeVisionModel, "half-split")


class Qwen3VLMoeSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Qwen3VLMoeConfig,
        Qwen3VLMoeForConditionalGeneration,
        frames_apart=True,
    )
