import unittest

from transformers.models.qwen3_vl.configuration_qwen3_vl import Qwen3VLConfig
from transformers.models.qwen3_vl.modeling_qwen3_vl import (
    Qwen3VLForConditionalGeneration,
    Qwen3VLTextConfig,
    Qwen3VLTextModel,
    Qwen3VLVisionConfig,
    Qwen3VLVisionModel,
)

from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Qwen3VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3VLTextConfig
    model_class = Qwen3VLTextModel
    layout = "half-split"


class Qwen3VLVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Qwen3VLVisionConfig, Qwen3VLVisionModel, "half-split")


class Qwen3VLSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Qwen3VLConfig,
        Qwen3VLForConditionalGeneration,
        frames_apart=True,
    )
