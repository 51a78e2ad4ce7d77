import unittest

from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLConfig
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VisionTransformerPretrainedModel,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLTextConfig,
    Qwen2_5_VLTextModel,
    Qwen2_5_VLVisionConfig,
)

from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Qwen2_5_VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2_5_VLTextConfig
    model_class = Qwen2_5_VLTextModel
    layout = "half-split"


class Qwen2_5_VLVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Qwen2_5_VLVisionConfig, Qwen2_5_VisionTransformerPretrainedModel, "half-split")


class Qwen2_5_VLSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        config_overrides={"vision_config": {"tokens_per_second": 4}},
        tokens_a_second=4,
    )
