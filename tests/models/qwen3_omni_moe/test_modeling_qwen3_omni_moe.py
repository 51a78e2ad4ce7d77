import unittest

from transformers.models.qwen3_omni_moe.modeling_qwen3_omni_moe import (
    Qwen3OmniMoeCode2WavConfig,
    Qwen3OmniMoeCode2WavTransformerModel,
    Qwen3OmniMoeTextConfig,
    Qwen3OmniMoeThinkerTextModel,
    Qwen3OmniMoeVisionEncoder,
    Qwen3OmniMoeVisionEncoderConfig,
)

from transformers_conformance.rope import Tower
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class Qwen3OmniMoeThinkerTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3OmniMoeTextConfig
    model_class = Qwen3OmniMoeThinkerTextModel
    layout = "half-split"


class Qwen3OmniMoeVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen3OmniMoeVisionEncoderConfig, Qwen3OmniMoeVisionEncoder, "half-split")


class Qwen3OmniMoeCode2WavRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen3OmniMoeCode2WavConfig, Qwen3OmniMoeCode2WavTransformerModel, "half-split", one_axis)
