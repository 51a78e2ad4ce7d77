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

from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Qwen3OmniMoeThinkerTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen3OmniMoeTextConfig
    model_class = Qwen3OmniMoeThinkerTextModel
    layout = "half-split"


class Qwen3OmniMoeVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Qwen3OmniMoeVisionEncoderConfig, Qwen3OmniMoeVisionEncoder, "half-split")


class Qwen3OmniMoeCode2WavRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Qwen3OmniMoeCode2WavConfig, Qwen3OmniMoeCode2WavTransformerModel, "half-split", one_axis)


class Qwen3OmniMoeThinkerSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Qwen3OmniMoeThinkerConfig,
        Qwen3OmniMoeThinkerForConditionalGeneration,
        config_overrides={
            "audio_config": {"encoder_attention_heads": 4},
            "position_id_per_seconds": 4,
            "vision_start_token_id": 20,
            "vision_end_token_id": 21,
        },
        tokens_a_second=4,
    )
