"""The values of a tiny config: sizes by the names of keywords, and rotations in the form of the class."""

import pytest
from transformers import (
    BertConfig,
    BertModel,
    CohereCompassTextConfig,
    CohereCompassTextModel,
    DeepseekV3Config,
    DeepseekV3Model,
    EsmConfig,
    EsmModel,
    Gemma3TextConfig,
    Gemma3TextModel,
    Gemma4TextConfig,
    IdeficsConfig,
    Ministral3Config,
    Ministral3Model,
    PretrainedConfig,
    Qwen3NextConfig,
)

from tiny_rope import TinyRopeConfig, TinyRopeModel
from transformers_conformance.harness.config_fields import ConfigFields
from transformers_conformance.harness.sizes import SEQUENCE_LENGTH
from transformers_conformance.harness.tiny_config import other_layers, tiny_sizes
from transformers_conformance.rope import RotarySpec
from transformers_conformance.rope.width import RopeHeadDim, Width


def width_of(config_class: type, model_class: type = TinyRopeModel) -> Width:
    return RotarySpec(config_class, model_class, "half-split").width


def sizes(config_class: type, head_dim: int = 8) -> dict:
    return tiny_sizes(config_class, ConfigFields.of(config_class), head_dim)


def test_sizes_follow_from_names_and_differ_from_the_number_of_tokens():
    values = sizes(DeepseekV3Config)
    assert values["hidden_size"] == 4 * 8 and values["num_hidden_layers"] == 2
    assert values["num_key_value_heads"] == values["num_attention_heads"] == 4  # a key for each head
    assert "head_dim" not in values
    assert max(value for value in values.values() if isinstance(value, int)) == 512
    assert SEQUENCE_LENGTH not in values.values()


def test_names_that_are_not_known_keep_their_defaults():
    assert "hidden_act" not in sizes(BertConfig) and sizes(BertConfig)["hidden_dropout_prob"] == 0.0


def test_layers_are_those_with_attention():
    assert sizes(Qwen3NextConfig)["layer_types"] == ["full_attention"] * 2
    assert sizes(Gemma3TextConfig)["layer_types"] == ["sliding_attention", "full_attention"]


def test_layers_without_softmax_attention_are_tried_last():
    *_, last = other_layers(Qwen3NextConfig, ConfigFields.of(Qwen3NextConfig))
    assert last == {"layer_types": ["full_attention", "linear_attention"]}


def test_sizes_of_parts_are_tiny_as_well():
    vision = sizes(IdeficsConfig)["vision_config"]
    assert (vision["embed_dim"], vision["num_hidden_layers"]) == (4 * 8, 2)


def test_all_layer_types_get_the_same_parameters():
    width = width_of(Gemma3TextConfig, Gemma3TextModel)
    asked = width.config_values(0.5, {"rope_type": "linear", "factor": 4.0}, 8)["rope_parameters"]
    one = {"rope_type": "linear", "factor": 4.0, "rope_theta": 100.0, "partial_rotary_factor": 0.5}
    assert asked == {"full_attention": one, "sliding_attention": one}
    assert width.read(Gemma3TextConfig(**sizes(Gemma3TextConfig), rope_parameters=asked), 8) == (4, 100.0)


def test_rotary_channels_with_a_projection_of_their_own_are_part_of_the_head():
    width = width_of(DeepseekV3Config, DeepseekV3Model)
    assert isinstance(width, RopeHeadDim)
    asked = width.config_values(5, None, 8)
    assert (asked["qk_rope_head_dim"], asked["qk_nope_head_dim"]) == (5, 3)
    assert width.read(DeepseekV3Config(**sizes(DeepseekV3Config), **asked), 8) == (5, 100.0)


class FlatSliceConfig(PretrainedConfig):
    def __init__(self, qk_rope_head_dim: int = 4, rope_theta: float = 10000.0, rope_scaling: dict | None = None):
        super().__init__()


def test_a_slice_may_be_asked_for_with_flat_keys():
    asked = width_of(FlatSliceConfig).config_values(5, {"rope_type": "linear", "factor": 4.0}, 8)
    assert asked == {
        "qk_rope_head_dim": 5,
        "qk_nope_head_dim": 3,
        "rope_theta": 100.0,
        "rope_scaling": {"rope_type": "linear", "factor": 4.0},
    }


class ScaledConfig(PretrainedConfig):
    def __init__(self, rope_theta: float = 10000.0, rope_scaling: tuple = (("rope_type", "linear"), ("factor", 2.0))):
        self.rope_theta, self.rope_scaling = rope_theta, dict(rope_scaling)
        super().__init__()


def test_a_config_that_is_scaled_by_default_is_asked_for_no_scaling_by_name():
    width = width_of(ScaledConfig)
    assert width.config_values(1.0, None, 8)["rope_scaling"] == {"rope_type": "default"}
    assert width.read_scaling(ScaledConfig())["factor"] == 2.0


@pytest.mark.parametrize(
    ("default", "pairs", "section"),
    [
        ((16, 24, 24), 4, [2, 1, 1]),
        ((22, 22, 20), 4, [1, 1, 2]),
        ((1, 1, 1, 1), 3, [3, 0, 0, 0]),
        ((2, 1, 1), 0, [0, 0, 0]),
    ],
)
def test_pairs_are_divided_among_axes(default, pairs, section):
    class Config(TinyRopeConfig):
        model_type = "tiny_axes"

        def __init__(self, rope_parameters: dict | None = None, **kwargs):
            super().__init__(**kwargs)
            self.rope_parameters = rope_parameters or {"rope_theta": 1.0, "mrope_section": list(default)}

    width = width_of(Config)
    assert width.config_values(pairs / 4, None, 8)["rope_parameters"]["mrope_section"] == section


def test_a_default_of_the_model_is_found():
    width = width_of(CohereCompassTextConfig, CohereCompassTextModel)
    assert "mrope_section" not in CohereCompassTextConfig().rope_parameters
    assert width.form.mrope_section == (24, 20, 20)
    asked = width.config_values(1.0, None, 8)["rope_parameters"]
    assert asked.keys() == {"full_attention"}
    assert asked["full_attention"]["mrope_section"] == [2, 1, 1]


def test_a_scale_by_position_is_turned_off():
    assert not width_of(TinyRopeConfig).form.scales_by_position
    asked = width_of(Ministral3Config, Ministral3Model).config_values(1.0, None, 8)["rope_parameters"]
    assert asked["llama_4_scaling_beta"] == 0.0 and asked["original_max_position_embeddings"] >= 1


@pytest.mark.parametrize(
    ("config_class", "model_class", "kind"),
    [(EsmConfig, EsmModel, {"position_embedding_type": "rotary"}), (BertConfig, BertModel, {})],
)
def test_rotary_positions_are_asked_for_where_a_model_has_other_positions_too(config_class, model_class, kind):
    assert RotarySpec(config_class, model_class, "half-split").kind_of_positions == kind


def test_heads_of_some_layers_are_tiny_without_being_declared():
    assert "global_head_dim" not in ConfigFields.of(Gemma4TextConfig)
    assert sizes(Gemma4TextConfig)["global_head_dim"] == 8
    assert "global_head_dim" not in sizes(BertConfig)
