"""What a model reads of its rotary parameters is found by building and running it."""

import pytest
from transformers import (
    Ernie4_5_VLMoeTextConfig,
    LlamaConfig,
    LlamaModel,
    PretrainedConfig,
    Qwen2VLTextConfig,
    Qwen2VLTextModel,
    Qwen3_5TextConfig,
    Qwen3_5TextModel,
)
from transformers.models.ernie4_5_vl_moe.modeling_ernie4_5_vl_moe import Ernie4_5_VLMoeTextModel

from tiny_rope import Rotary, TinyAttention, TinyRopeConfig, TinyRopeModel
from transformers_conformance.rope import RotarySpec
from transformers_conformance.rope.reading import Reading


def reading(model_class: type, config_class: type | None = None) -> Reading:
    return RotarySpec(config_class or model_class.config_class, model_class, "half-split").reading


class ReadsInAPass(TinyAttention):
    def rotated(self, q, k, position_ids):
        self.config.rope.get("a_key", [1, 2])
        return super().rotated(q, k, position_ids)


class ReadsInAPassModel(TinyRopeModel):
    attention_class = ReadsInAPass


class ReadsAndFailsModel(TinyRopeModel):
    def __init__(self, config):
        super().__init__(config)
        config.rope["a_key"]


@pytest.mark.parametrize("model_class", [ReadsInAPassModel, ReadsAndFailsModel, TinyRopeModel])
def test_keys_are_noted_while_a_model_is_built_and_run(model_class):
    keys = reading(model_class).keys
    assert "rope_theta" in keys
    assert ("a_key" in keys) is (model_class is not TinyRopeModel)


def test_the_default_of_a_key_is_noted():
    assert reading(ReadsInAPassModel).keys["a_key"] == [1, 2]


class ScaledConfig(TinyRopeConfig):
    """Keeps `rope_scaling` as the 4.x releases do."""

    model_type = "tiny_scaled"

    def __init__(self, rope_scaling: dict | None = None, **kwargs):
        super().__init__(**kwargs)
        self.rope_scaling = rope_scaling


class ScaledRotary(Rotary):
    def table(self, position_ids=None):
        table, factor = super().table(position_ids)
        return table / (self.config.rope_scaling or {}).get("factor", 1.0), factor


class ScaledModel(TinyRopeModel):
    config_class = ScaledConfig

    def __init__(self, config):
        super().__init__(config)
        self.scaled = ScaledRotary(config)


class AllScaledModel(TinyRopeModel):
    config_class = ScaledConfig
    rotary_class = ScaledRotary


class NamesATypeModel(AllScaledModel):
    def __init__(self, config):
        super().__init__(config)
        config.rope_scaling["rope_type"]


@pytest.mark.parametrize(("model_class", "all_scaled"), [(ScaledModel, False), (AllScaledModel, True)])
def test_tables_that_a_scaling_does_not_change_are_found(model_class, all_scaled):
    assert reading(model_class).scales_all is all_scaled


class IgnoresATypeModel(TinyRopeModel):
    config_class = ScaledConfig

    def __init__(self, config):
        super().__init__(config)
        (config.rope_scaling or {}).get("rope_type")


class ReadsATypeModel(AllScaledModel):
    def __init__(self, config):
        super().__init__(config)
        (config.rope_scaling or {}).get("rope_type")


@pytest.mark.parametrize(("model_class", "takes"), [(ReadsATypeModel, True), (IgnoresATypeModel, False)])
def test_a_rope_type_that_changes_no_table_is_not_taken(model_class, takes):
    assert "rope_type" in reading(model_class).keys
    assert reading(model_class).takes_rope_type is takes


@pytest.mark.parametrize(("model_class", "needs"), [(NamesATypeModel, True), (AllScaledModel, False)])
def test_a_model_that_needs_a_rope_type_is_found(model_class, needs):
    assert reading(model_class).needs_rope_type is needs


@pytest.mark.parametrize(
    ("config_class", "model_class", "filled"),
    [
        (Ernie4_5_VLMoeTextConfig, Ernie4_5_VLMoeTextModel, True),
        (Qwen3_5TextConfig, Qwen3_5TextModel, False),
    ],
)
def test_axes_that_take_turns_cannot_have_all_pairs(config_class, model_class, filled):
    assert reading(model_class, config_class).can_fill(2, 3) is filled


class SetsABase(PretrainedConfig):
    model_type = "sets_a_base"
    rope_parameters: dict | None = None

    def __post_init__(self, **kwargs):
        self.rope_parameters = {"rope_type": "default", "rope_theta": 5.0}
        super().__post_init__(**kwargs)


@pytest.mark.parametrize(
    ("config_class", "model_class", "base"),
    [
        (LlamaConfig, LlamaModel, 10000.0),
        (Qwen2VLTextConfig, Qwen2VLTextModel, 1000000.0),
        (SetsABase, LlamaModel, None),
    ],
)
def test_the_base_that_a_class_leaves_to_the_code_of_all_configs(config_class, model_class, base):
    assert RotarySpec(config_class, model_class, "half-split").stated_base(8) == base
