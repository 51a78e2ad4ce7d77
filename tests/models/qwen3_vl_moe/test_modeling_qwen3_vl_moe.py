import unittest

from transformers.models.qwen3_vl_moe.modeling_qwen3_vl_moe import (
    Qwen3VLMoeTextConfig,
    Qwen3VLMoeTextModel,
    Qwen3VLMoeVisionConfig,
    Qwen3VLMoeVisionModel,
)

from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class Qwen3VLMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3VLMoeTextConfig
    model_class = Qwen3VLMoeTextModel
    layout = "half-split"


class Qwen3VLMoeVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen3VLMoeVisionConfig, Qwen3VLMoeVisionModel, "half-split")
