import unittest

from transformers.models.qwen3_5_moe.configuration_qwen3_5_moe import Qwen3_5MoeConfig
from transformers.models.qwen3_5_moe.modeling_qwen3_5_moe import Qwen3_5MoeForConditionalGeneration

from transformers import Qwen3_5MoeTextConfig, Qwen3_5MoeTextModel, Qwen3_5MoeVisionConfig, Qwen3_5MoeVisionModel
from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Qwen3_5MoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3_5MoeTextConfig
    model_class = Qwen3_5MoeTextModel
    layout = "half-split"


class Qwen3_5MoeVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Qwen3_5MoeVisionConfig, Qwen3_5MoeVisionModel, "half-split")


class Qwen3_5MoeSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Qwen3_5MoeConfig,
        Qwen3_5MoeForConditionalGeneration,
        frames_apart=True,
    )
