import unittest

from transformers.models.qwen3_5.configuration_qwen3_5 import Qwen3_5Config
from transformers.models.qwen3_5.modeling_qwen3_5 import Qwen3_5ForConditionalGeneration

from transformers import Qwen3_5TextConfig, Qwen3_5TextModel, Qwen3_5VisionConfig, Qwen3_5VisionModel
from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Qwen3_5TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3_5TextConfig
    model_class = Qwen3_5TextModel
    layout = "half-split"


class Qwen3_5VisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Qwen3_5VisionConfig, Qwen3_5VisionModel, "half-split")


class Qwen3_5SeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Qwen3_5Config,
        Qwen3_5ForConditionalGeneration,
        frames_apart=True,
    )
