import unittest

from transformers.models.ernie4_5_vl_moe.configuration_ernie4_5_vl_moe import Ernie4_5_VLMoeConfig
from transformers.models.ernie4_5_vl_moe.modeling_ernie4_5_vl_moe import Ernie4_5_VLMoeForConditionalGeneration

from transformers import (
    Ernie4_5_VLMoeTextConfig,
    Ernie4_5_VLMoeTextModel,
    Ernie4_5_VLMoeVisionConfig,
    Ernie4_5_VLMoeVisionTransformerPretrainedModel,
)
from transformers_conformance.rope import AxialRotarySpec, SeveralAxesSpec
from transformers_conformance.rope.several_axes_spec import sections
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Ernie4_5_VLMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Ernie4_5_VLMoeTextConfig
    model_class = Ernie4_5_VLMoeTextModel
    layout = "interleaved"
    # Its rotary module refuses any rope type but the default one.
    rope_types = ()


class Ernie4_5_VLMoeVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Ernie4_5_VLMoeVisionConfig, Ernie4_5_VLMoeVisionTransformerPretrainedModel, "half-split")


class Ernie4_5_VLMoeSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Ernie4_5_VLMoeConfig,
        Ernie4_5_VLMoeForConditionalGeneration,
        config_overrides={"text_config": {"rope_parameters": sections([3, 3, 2])}},
        frames_merged=2,
    )
