import unittest

from transformers.models.qwen2_vl.modeling_qwen2_vl import (
    Qwen2VisionTransformerPretrainedModel,
    Qwen2VLTextConfig,
    Qwen2VLTextModel,
    Qwen2VLVisionConfig,
)

from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class Qwen2VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2VLTextConfig
    model_class = Qwen2VLTextModel
    layout = "half-split"


class Qwen2VLVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen2VLVisionConfig, Qwen2VisionTransformerPretrainedModel, "half-split")
