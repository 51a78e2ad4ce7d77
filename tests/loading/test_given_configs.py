"""RoPE keys of a config count everywhere: in a published file, in keywords of `from_pretrained`, or set on the config
of a multimodal model. The tables are compared with the formulas of the papers."""

import json
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub.errors import StrictDataclassClassValidationError, StrictDataclassFieldValidationError

from transformers import AutoConfig, AutoModel, PreTrainedConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers_conformance.rope.reference import inverse_frequencies


HEAD_DIM, LENGTH = 16, 4096
SIZES = {"hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2, "num_hidden_layers": 2}
SIZES |= {"intermediate_size": 32, "vocab_size": 32, "max_position_embeddings": LENGTH}
SIZES |= {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": LENGTH // 4}
LLAMA = SIZES | {"model_type": "llama", "rope_theta": 777.0}
GEMMA = SIZES | {"model_type": "gemma3_text", "head_dim": HEAD_DIM, "rope_theta": 777.0, "rope_local_base_freq": 55.0}
GEMMA |= {"layer_types": ["sliding_attention", "full_attention"]}
BASES = {"full_attention": 777.0, "sliding_attention": 55.0}
OLMO = SIZES | {"model_type": "olmo3", "layer_types": ["sliding_attention", "full_attention"]}
MINIMAX = SIZES | {"model_type": "minimax", "head_dim": HEAD_DIM, "rope_theta": 777.0, "num_local_experts": 2}
MINIMAX |= {"layer_types": ["full_attention", "full_attention"]}
HUNYUAN = SIZES | {"model_type": "hunyuan_v1_dense", "head_dim": HEAD_DIM, "rope_theta": 777.0}
PHI = SIZES | {"model_type": "phi", "rope_theta": 777.0, "partial_rotary_factor": 0.5}
VISION = {"depth": 1, "hidden_size": 32, "num_heads": 2, "intermediate_size": 32, "out_hidden_size": 32}
TEXT = SIZES | {"rope_theta": 777.0, "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]}}
# As Qwen2.5-VL and GLM-4.1V were published: the keys of the text are next to `vision_config`
QWEN = TEXT | {"model_type": "qwen2_5_vl", "vision_config": VISION | {"fullatt_block_indexes": [0]}}
GLM = TEXT | {"model_type": "glm4v", "vision_config": VISION, "partial_rotary_factor": 0.5}
GLM |= {"rope_scaling": {"type": "default", "mrope_section": [1, 1, 2]}}
QWEN3 = {"model_type": "qwen3_vl", "vision_config": VISION | {"deepstack_visual_indexes": [0]}}
QWEN3 |= {"text_config": TEXT | {"model_type": "qwen3_vl_text", "head_dim": HEAD_DIM}}
QWEN3["text_config"] |= {"rope_scaling": {"rope_type": "default", "mrope_section": [3, 3, 2]}}
SECTIONS = {"mrope_section": [2, 3, 3]}
# (config.json, keywords of from_pretrained, attributes set afterwards, width, base, scaling), by layer type if bases
# or scaling differ.
Expected = tuple[int, float, Mapping[str, Any] | None]
CASES: dict[str, tuple[dict, dict, dict, Expected | dict[str, Expected]]] = {
    "base": (LLAMA, {"rope_theta": 55.0}, {}, (16, 55.0, None)),
    "factor": (PHI, {"partial_rotary_factor": 0.25}, {}, (4, 777.0, None)),
    "base of a kind of layers": (
        GEMMA,
        {"rope_local_base_freq": 99.0},
        {},
        {"full": (16, 777.0, None), "sliding": (16, 99.0, None)},
    ),
    "parameters without a base": (LLAMA, {"rope_parameters": YARN}, {}, (16, 777.0, YARN)),
    "parameters by their older key": (
        LLAMA,
        {},
        {"rope_parameters": {"type": "linear", "factor": 2.0}},
        (16, 777.0, {"rope_type": "linear", "factor": 2.0}),
    ),
    "parameters that keep the width": (PHI, {}, {"rope_parameters": YARN}, (8, 777.0, YARN)),
    "parameters by layer type without bases": (
        GEMMA,
        {},
        {"rope_parameters": {"full_attention": YARN, "sliding_attention": {"rope_type": "default"}}},
        {"full": (16, 777.0, YARN), "sliding": (16, 55.0, None)},
    ),
    "flat parameters of a class that nests them": (
        OLMO | {"rope_parameters": YARN | {"rope_theta": 55.0}},
        {},
        {},
        {"full": (16, 55.0, YARN), "sliding": (16, 55.0, None)},
    ),
    "scaling beside newer parameters": (
        SIZES | {"model_type": "llama", "rope_scaling": YARN, "rope_parameters": {"rope_theta": 777.0}},
        {},
        {},
        (16, 777.0, YARN),
    ),
    "scaling, set": (LLAMA, {}, {"rope_scaling": YARN}, (16, 777.0, YARN)),
    "scaling, taken away": (LLAMA | {"rope_scaling": YARN}, {}, {"rope_scaling": None}, (16, 777.0, None)),
    "scaling of a class that nests it, set": (
        GEMMA,
        {},
        {"rope_scaling": YARN},
        {"full": (16, 777.0, YARN), "sliding": (16, 55.0, None)},
    ),
    "scaling by layer type, set": (
        GEMMA,
        {},
        {"rope_scaling": {"full_attention": YARN | {"rope_theta": 99.0}, "sliding_attention": {"rope_theta": 55.0}}},
        {"full": (16, 99.0, YARN), "sliding": (16, 55.0, None)},
    ),
    "base, set": (LLAMA, {}, {"rope_theta": 55.0}, (16, 55.0, None)),
    "base and factor, set": (PHI, {}, {"rope_theta": 55.0, "partial_rotary_factor": 0.25}, (4, 55.0, None)),
    "factor beside parameters by layer type": (
        GEMMA
        | {"rope_parameters": {kind: {"rope_theta": base} for kind, base in BASES.items()}}
        | {"partial_rotary_factor": 0.5},
        {},
        {},
        {"full": (8, 777.0, None), "sliding": (8, 55.0, None)},
    ),
    "factor of a class that nests it, set": (
        GEMMA,
        {},
        {"partial_rotary_factor": 0.5},
        {"full": (8, 777.0, None), "sliding": (8, 55.0, None)},
    ),
    "width in channels": (MINIMAX | {"rotary_dim": 8}, {}, {}, (8, 777.0, None)),
    "alpha": (
        HUNYUAN,
        {"rope_scaling": {"type": "dynamic", "alpha": 3.0, "factor": 1.0}},
        {},
        (16, 777.0 * 3.0 ** (16 / 14), None),
    ),
    "a flat config": (GLM, {}, {}, (8, 777.0, None)),
    "base of the text": (QWEN, {"rope_theta": 55.0}, {}, (16, 55.0, None)),
    "scaling of the text": (QWEN, {"rope_scaling": YARN | SECTIONS}, {}, (16, 777.0, YARN)),
    "scaling of the text, set": (QWEN, {}, {"rope_scaling": YARN | SECTIONS}, (16, 777.0, YARN)),
    "base of the text, set": (QWEN3, {}, {"rope_theta": 55.0}, (16, 55.0, None)),
    "base within the text": (QWEN3, {"text_config": {"rope_theta": 55.0}}, {}, (16, 55.0, None)),
    "parameters within the text": (
        QWEN3,
        {"text_config": {"rope_parameters": YARN | {"mrope_section": [3, 3, 2]}}},
        {},
        (16, 777.0, YARN),
    ),
}


@pytest.fixture
def warned(logged):
    """Returns the warnings so far; a warning that comes only once can come again."""
    return lambda: [record.getMessage() for record in logged.records if record.levelno >= logging.WARNING]


def config_of(folder, stated: Mapping, given: Mapping, later: Mapping) -> PreTrainedConfig:
    (folder / "config.json").write_text(json.dumps(stated))
    config = AutoConfig.from_pretrained(folder, **given)
    for key, value in later.items():
        setattr(config, key, value)
    return config


def rotary_of(config: PreTrainedConfig) -> torch.nn.Module:
    model = AutoModel.from_config(config)
    return getattr(model, "language_model", model).rotary_emb


def turns_as(rotary: torch.nn.Module, expected: Expected | dict[str, Expected]) -> bool:
    right = []
    for kind, (width, base, scaling) in (expected if isinstance(expected, dict) else {"": expected}).items():
        prefix = f"{kind}_attention_" if kind else ""
        frequencies, factor = inverse_frequencies(width, base, scaling, max_position_embeddings=LENGTH)
        table = getattr(rotary, f"{prefix}inv_freq").double().numpy()
        right.append(table.shape == frequencies.shape and np.allclose(table, frequencies, rtol=2e-6, atol=0))
        right.append(np.isclose(getattr(rotary, f"{prefix}attention_scaling"), factor))
    return all(right)


@pytest.mark.parametrize("name", CASES)
def test_rope_keys_count(tmp_path, name):
    *stated, expected = CASES[name]
    config = config_of(tmp_path, *stated)
    assert turns_as(rotary_of(config), expected)
    saved = tmp_path / "saved"
    config.save_pretrained(saved)
    assert turns_as(rotary_of(AutoConfig.from_pretrained(saved)), expected)


@pytest.mark.parametrize("name", [name for name, (_, given, later, _) in CASES.items() if given or later])
def test_without_the_keys_the_table_differs(tmp_path, name):
    """A negative control: each keyword and attribute changes something."""
    stated, *_, expected = CASES[name]
    assert not turns_as(rotary_of(config_of(tmp_path, stated, {}, {})), expected)


def test_a_model_takes_the_keywords_too(tmp_path):
    AutoModel.from_config(config_of(tmp_path, LLAMA, {}, {})).save_pretrained(tmp_path)
    model = AutoModel.from_pretrained(tmp_path, rope_theta=55.0)
    assert turns_as(model.rotary_emb, (16, 55.0, None))


def test_an_unknown_keyword_stays_unknown(tmp_path):
    AutoModel.from_config(config_of(tmp_path, LLAMA, {}, {})).save_pretrained(tmp_path)
    with pytest.raises(TypeError, match="sharpness"):
        AutoModel.from_pretrained(tmp_path, sharpness=55.0)


ALPHA = {"alpha": 1000.0, "beta_fast": 32, "beta_slow": 1, "factor": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0}
SCALED_BY_ALPHA = SIZES | {"head_dim": HEAD_DIM, "rope_scaling": ALPHA | {"type": "dynamic"}}
LISTS = {"short_factor": [1.0] * 8, "long_factor": [2.0] * 8, "short_mscale": 1.243, "long_mscale": 1.243}
LIMITS = {"factor": 16.0, "low_freq_factor": 1.0, "high_freq_factor": 1.0, "original_max_position_embeddings": 1024}
TWICE = QWEN | {"rope_scaling": {"rope_type": "default", "type": "default"} | SECTIONS}
QUIET = {
    "HunYuan": SCALED_BY_ALPHA | {"model_type": "hunyuan_v1_dense"},
    "HunYuan MoE": SCALED_BY_ALPHA | {"model_type": "hunyuan_v1_moe"},
    "YaRN": LLAMA | {"rope_scaling": YARN},
    "Llama 4 Scout": LLAMA | {"rope_scaling": LIMITS | {"rope_type": "llama3"}},
    "Phi-3.5-MoE": SIZES
    | {"model_type": "phimoe", "original_max_position_embeddings": 1024}
    | {"rope_scaling": LISTS | {"type": "longrope", "factor": 4.0, "original_max_position_embeddings": 1024}},
    "Qwen2.5-VL, saved by 4.57": TWICE
    | {"text_config": SIZES | {"model_type": "qwen2_5_vl_text", "rope_theta": 777.0}}
    | {"rope_scaling": TWICE["rope_scaling"]},
}
QUIET["Qwen2.5-VL, saved by 4.57"]["text_config"]["rope_scaling"] = TWICE["rope_scaling"]


@pytest.mark.parametrize("name", QUIET)
def test_right_configs_give_no_warning(tmp_path, name, warned):
    config_of(tmp_path, QUIET[name], {}, {})
    assert warned() == []


def test_an_unknown_key_is_named(tmp_path, warned):
    scaling = QUIET["HunYuan"]["rope_scaling"] | {"sharpness": 3.0}
    config_of(tmp_path, QUIET["HunYuan"] | {"rope_scaling": scaling}, {}, {})
    assert any("sharpness" in message for message in warned())


SAVED = QUIET["Qwen2.5-VL, saved by 4.57"]
BARE = {key: SAVED[key] for key in ("model_type", "vision_config", "text_config")}
SCALED = SAVED["text_config"] | {"rope_scaling": YARN | SECTIONS}


@pytest.mark.parametrize(
    "stated",
    [
        SAVED | {"text_config": SCALED, "rope_scaling": YARN | SECTIONS},  # as 4.57 saves it
        SAVED | {"rope_scaling": YARN | SECTIONS},  # added by hand, where 4.57 reads it
        SAVED | {"text_config": SCALED},  # added by hand, where 5.x reads it
        BARE | {"rope_scaling": YARN | SECTIONS},
        BARE | {"rope_scaling": {"type" if key == "rope_type" else key: x for key, x in YARN.items()} | SECTIONS},
    ],
    ids=["both", "next to the text", "in the text", "only rope_scaling", "under its older key"],
)
def test_scaling_in_either_place_counts(tmp_path, stated):
    assert turns_as(rotary_of(config_of(tmp_path, stated, {}, {})), (16, 777.0, YARN))


def test_scaling_that_the_text_does_not_state_is_named(tmp_path, warned):
    config_of(tmp_path, SAVED | {"rope_scaling": YARN | SECTIONS}, {}, {})
    assert any("rope_scaling" in message for message in warned())


def test_an_unknown_type_is_named_and_kept(tmp_path, warned):
    """ERNIE's vision models were published with their own rope type, which upstream ignores."""
    stated = SAVED | {"rope_scaling": {"type": "ernie_3d"} | SECTIONS}
    assert turns_as(rotary_of(config_of(tmp_path, stated, {}, {})), (16, 777.0, None))
    assert any("ernie_3d" in message for message in warned())


@pytest.mark.parametrize(
    ("stated", "ignored_before"),
    [(LLAMA, True), (QWEN3, True), (PHI, False), (SIZES | {"model_type": "glm", "head_dim": HEAD_DIM}, False)],
    ids=["llama", "qwen3_vl", "phi", "glm"],
)
def test_a_factor_that_counts_from_now_on_is_announced(tmp_path, stated, ignored_before, warned):
    """Where upstream ignores the key, and nowhere else: tests/utils/test_announcements.py asks that of pristine."""
    rotary_of(config_of(tmp_path, stated, {}, {}))
    rotary_of(config_of(tmp_path, stated, {"partial_rotary_factor": 1.0}, {}))
    assert not any("arlier releases ignored" in message for message in warned())
    rotary_of(config_of(tmp_path, stated, {"partial_rotary_factor": 0.5}, {}))
    named = [message for message in warned() if "arlier releases ignored" in message]
    assert len(named) == ignored_before
    assert all("`partial_rotary_factor`=0.5 rotates 8 of the 16" in message for message in named)


WRONG = {"rope_type": "linear", "factor": "8", "rope_theta": 777.0}


@pytest.mark.parametrize(
    "stated",
    [
        {"model_type": "falcon", "alibi": True, "rope_parameters": WRONG},
        {"model_type": "zamba2", "use_mem_rope": False, "rope_parameters": WRONG},
        {"model_type": "granitemoehybrid", "position_embedding_type": "nope", "rope_parameters": WRONG},
    ],
    ids=["alibi", "no RoPE by a flag", "no RoPE by its name"],
)
def test_wrong_parameters_are_warned_of_where_nothing_turns_by_them(tmp_path, stated, warned):
    config_of(tmp_path, stated, {}, {})
    assert any("`factor` must be a finite number above 0, but is '8'" in message for message in warned())


@pytest.mark.parametrize("value", [[4.0], {"full": 4.0}, "4", None], ids=str)
def test_a_factor_that_is_no_number_is_refused_by_name(value):
    parameters = {"rope_type": "linear", "factor": value, "rope_theta": 777.0}
    with pytest.raises(StrictDataclassClassValidationError, match="`factor` must be a finite number above 0, but is "):
        AutoConfig.for_model("llama", rope_parameters=parameters)


@pytest.mark.parametrize("sizes", [{"hidden_size": 64}, {"num_attention_heads": 4}, {}], ids=str)
def test_without_the_sizes_of_a_head_nothing_is_said_of_its_width(sizes, warned):
    class OwnConfig(PreTrainedConfig):
        rope_parameters: dict | None = None

    parameters = {"rope_type": "default", "rope_theta": 777.0, "partial_rotary_factor": 0.5}
    assert OwnConfig(**sizes, rope_parameters=parameters).rope_parameters == parameters
    assert warned() == []


def test_a_model_without_rope_ignores_its_keys(warned):
    config = AutoConfig.for_model("bert", partial_rotary_factor=7.0, rotary_dim=-3)
    assert (config.partial_rotary_factor, config.rotary_dim) == (7.0, -3)
    assert warned() == []


@pytest.mark.parametrize("parameters", [5, [777.0]], ids=str)
def test_parameters_that_are_no_dict_are_refused_by_name(parameters):
    with pytest.raises(StrictDataclassFieldValidationError, match="rope_parameters"):
        AutoConfig.for_model("llama", rope_parameters=parameters)
    config = AutoConfig.for_model("llama")
    with pytest.raises(StrictDataclassFieldValidationError, match="rope_parameters"):
        config.rope_parameters = parameters


@pytest.mark.parametrize(
    ("rope_type", "key", "value"),
    [("longrope", "long_factor", (2.0,) * 8), ("llama3", "low_freq_factor", np.float32(1.0))],
)
def test_a_value_that_changes_once_saved_is_warned_of(rope_type, key, value, warned):
    """JSON has no tuples, and none of NumPy's numbers."""
    complete = {"longrope": LISTS | {"factor": 4.0}, "llama3": LIMITS}[rope_type]
    parameters = complete | {"rope_type": rope_type, "original_max_position_embeddings": 1024, "rope_theta": 777.0}
    AutoConfig.for_model("llama", **SIZES, rope_parameters=parameters | {key: value})
    assert any(f"{key} field must be" in message for message in warned())


LONGROPE = LISTS | {"rope_type": "longrope", "factor": 4.0, "original_max_position_embeddings": 1024}


def test_a_single_longrope_factor_counts_for_all_pairs(warned):
    """Upstream computes with it, too, after a warning."""
    scaling = LONGROPE | {"short_factor": [1.5]}
    config = AutoConfig.for_model("llama", **SIZES, rope_parameters=scaling | {"rope_theta": 777.0})
    assert turns_as(rotary_of(config), (16, 777.0, scaling | {"short_factor": [1.5] * 8}))
    assert any("short_factor field must have length 8" in message for message in warned())


@pytest.mark.parametrize("key", ["short_factor", "long_factor"])
def test_a_longrope_list_of_the_wrong_length_is_refused_where_it_is_read(key):
    """The short list while the model is built, and the long one in the first pass, which makes both tables."""
    wrong = LONGROPE | {key: [2.0] * 7, "rope_theta": 777.0}
    with pytest.raises(ValueError, match=f"`{key}` needs 8 entries for 16 rotary channels, but has 7"):
        rotary = rotary_of(AutoConfig.for_model("llama", **SIZES, rope_parameters=wrong))
        assert key == "long_factor"
        rotary(torch.zeros(1), position_ids=torch.tensor([[0, 1]]))


def test_a_table_of_ones_own_reads_only_the_short_list():
    """Code of 4.x that never makes the long table runs on upstream, whatever the long list is."""
    config = AutoConfig.for_model(
        "llama", **SIZES, rope_parameters=LONGROPE | {"long_factor": [2.0] * 7, "rope_theta": 777.0}
    )
    table, _ = ROPE_INIT_FUNCTIONS["longrope"](config, torch.device("cpu"))
    frequencies, _ = inverse_frequencies(16, 777.0, LONGROPE, max_position_embeddings=LENGTH)
    assert np.allclose(table.double().numpy(), frequencies, rtol=2e-6, atol=0)


def test_a_type_of_coordinates_is_none_of_positions():
    parameters = {"rope_type": "axial", "rope_theta": 777.0}
    with pytest.raises(StrictDataclassClassValidationError, match="`rope_type` must be one of .*, but is 'axial'"):
        AutoConfig.for_model("llama", rope_parameters=parameters)


def test_what_is_set_on_a_multimodal_config_is_refused_or_ignored_as_its_text_has_it(tmp_path, warned):
    config = config_of(tmp_path, QWEN3, {}, {})
    with pytest.raises(ValueError, match="`rope_theta` must be a finite number above 0, but is -1"):
        config.rope_theta = -1
    config.rope_parameters = 5
    assert any("`rope_parameters`=5" in message and "is ignored" in message for message in warned())
    assert turns_as(rotary_of(config_of(tmp_path, QWEN3, {}, {})), (16, 777.0, None))


def test_parameters_by_layer_type_hold_nothing_that_nobody_states(tmp_path):
    config = config_of(tmp_path, GEMMA, {}, {})
    parameters = {kind: {"rope_type": "default", "rope_theta": base} for kind, base in BASES.items()}
    assert config.rope_parameters == parameters
