import unittest

from transformers import (
    Ernie4_5_VLMoeTextConfig,
    Ernie4_5_VLMoeTextModel,
    Ernie4_5_VLMoeVisionConfig,
    Ernie4_5_VLMoeVisionTransformerPretrainedModel,
)
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class Ernie4_5_VLMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Ernie4_5_VLMoeTextConfig
    model_class = Ernie4_5_VLMoeTextModel
    layout = "interleaved"
    # Its rotary module refuses any rope type but the default one.
    rope_types = ()


class Ernie4_5_VLMoeVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Ernie4_5_VLMoeVisionConfig, Ernie4_5_VLMoeVisionTransformerPretrainedModel, "half-split")
