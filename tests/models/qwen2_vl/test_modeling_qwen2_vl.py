import unittest

from transformers.models.qwen2_vl.configuration_qwen2_vl import Qwen2VLConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import (
    Qwen2VisionTransformerPretrainedModel,
    Qwen2VLForConditionalGeneration,
    Qwen2VLTextConfig,
    Qwen2VLTextModel,
    Qwen2VLVisionConfig,
)

from transformers_conformance.rope import Tower, WholeModel
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class Qwen2VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2VLTextConfig
    model_class = Qwen2VLTextModel
    layout = "half-split"


class Qwen2VLVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen2VLVisionConfig, Qwen2VisionTransformerPretrainedModel, "half-split")


class Qwen2VLSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(Qwen2VLConfig, Qwen2VLForConditionalGeneration)
