import unittest

from transformers.models.qwen3_vl.configuration_qwen3_vl import Qwen3VLConfig
from transformers.models.qwen3_vl.modeling_qwen3_vl import (
    Qwen3VLForConditionalGeneration,
    Qwen3VLTextConfig,
    Qwen3VLTextModel,
    Qwen3VLVisionConfig,
    Qwen3VLVisionModel,
)

from transformers_conformance.rope import Tower, WholeModel
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class Qwen3VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3VLTextConfig
    model_class = Qwen3VLTextModel
    layout = "half-split"


class Qwen3VLVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen3VLVisionConfig, Qwen3VLVisionModel, "half-split")


class Qwen3VLSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        Qwen3VLConfig,
        Qwen3VLForConditionalGeneration,
        frames_apart=True,
    )
