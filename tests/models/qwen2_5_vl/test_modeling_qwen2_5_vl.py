import unittest

from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VisionTransformerPretrainedModel,
    Qwen2_5_VLTextConfig,
    Qwen2_5_VLTextModel,
    Qwen2_5_VLVisionConfig,
)

from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class Qwen2_5_VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2_5_VLTextConfig
    model_class = Qwen2_5_VLTextModel
    layout = "half-split"


class Qwen2_5_VLVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen2_5_VLVisionConfig, Qwen2_5_VisionTransformerPretrainedModel, "half-split")
