import unittest

from transformers.models.qwen3_5.configuration_qwen3_5 import Qwen3_5Config
from transformers.models.qwen3_5.modeling_qwen3_5 import Qwen3_5ForConditionalGeneration

from transformers import Qwen3_5TextConfig, Qwen3_5TextModel, Qwen3_5VisionConfig, Qwen3_5VisionModel
from transformers_conformance.rope import Tower, WholeModel
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class Qwen3_5TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3_5TextConfig
    model_class = Qwen3_5TextModel
    layout = "half-split"


class Qwen3_5VisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen3_5VisionConfig, Qwen3_5VisionModel, "half-split")


class Qwen3_5SeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        Qwen3_5Config,
        Qwen3_5ForConditionalGeneration,
        frames_apart=True,
    )
