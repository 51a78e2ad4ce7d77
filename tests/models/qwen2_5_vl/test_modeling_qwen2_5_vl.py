import unittest

from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLConfig
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VisionTransformerPretrainedModel,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLTextConfig,
    Qwen2_5_VLTextModel,
    Qwen2_5_VLVisionConfig,
)

from transformers_conformance.rope import Tower, WholeModel
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class Qwen2_5_VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2_5_VLTextConfig
    model_class = Qwen2_5_VLTextModel
    layout = "half-split"


class Qwen2_5_VLVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen2_5_VLVisionConfig, Qwen2_5_VisionTransformerPretrainedModel, "half-split")


class Qwen2_5_VLSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        {"vision_config": {"tokens_per_second": 4}},
        tokens_a_second=4,
    )
