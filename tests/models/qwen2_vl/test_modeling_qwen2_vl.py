import unittest

from transformers.models.qwen2_vl.configuration_qwen2_vl import Qwen2VLConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import (
    Qwen2VisionTransformerPretrainedModel,
    Qwen2VLForConditionalGeneration,
    Qwen2VLTextConfig,
    Qwen2VLTextModel,
    Qwen2VLVisionConfig,
)

from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Qwen2VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2VLTextConfig
    model_class = Qwen2VLTextModel
    layout = "half-split"


class Qwen2VLVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Qwen2VLVisionConfig, Qwen2VisionTransformerPretrainedModel, "half-split")


class Qwen2VLSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(Qwen2VLConfig, Qwen2VLForConditionalGeneration)
