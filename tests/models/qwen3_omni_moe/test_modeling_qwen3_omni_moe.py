import unittest

from transformers.models.qwen3_omni_moe.configuration_qwen3_omni_moe import Qwen3OmniMoeThinkerConfig
from transformers.models.qwen3_omni_moe.modeling_qwen3_omni_moe import (
    Qwen3OmniMoeCode2WavConfig,
    Qwen3OmniMoeCode2WavTransformerModel,
    Qwen3OmniMoeTextConfig,
    Qwen3OmniMoeThinkerForConditionalGeneration,
    Qwen3OmniMoeThinkerTextModel,
    Qwen3OmniMoeVisionEncoder,
    Qwen3OmniMoeVisionEncoderConfig,
)

from transformers_conformance.rope import Tower, WholeModel
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class Qwen3OmniMoeThinkerTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3OmniMoeTextConfig
    model_class = Qwen3OmniMoeThinkerTextModel
    layout = "half-split"


class Qwen3OmniMoeVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen3OmniMoeVisionEncoderConfig, Qwen3OmniMoeVisionEncoder, "half-split")


class Qwen3OmniMoeCode2WavRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen3OmniMoeCode2WavConfig, Qwen3OmniMoeCode2WavTransformerModel, "half-split", one_axis)


class Qwen3OmniMoeThinkerSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        Qwen3OmniMoeThinkerConfig,
        Qwen3OmniMoeThinkerForConditionalGeneration,
        {
            "audio_config": {"encoder_attention_heads": 4},
            "position_id_per_seconds": 4,
            "vision_start_token_id": 20,
            "vision_end_token_id": 21,
        },
        tokens_a_second=4,
    )
