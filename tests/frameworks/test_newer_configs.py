"""Configs that Transformers 5 wrote, with RoPE parameters in one dict, have the same meaning on the 4.57 line.

The tables are compared with the formulas of the papers."""

import copy
import json
from typing import Any

import numpy as np
import pytest

from transformers import AutoConfig, AutoModel, PretrainedConfig
from transformers_conformance.rope.reference import inverse_frequencies


HEAD_DIM, LENGTH = 16, 4096
SIZES = {"hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2, "num_hidden_layers": 2}
SIZES |= {"intermediate_size": 32, "vocab_size": 32, "max_position_embeddings": LENGTH}
SIZES |= {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "transformers_version": "5.10.1"}
BASE = {"rope_type": "default", "rope_theta": 777.0}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": LENGTH // 4}
LISTS = {"short_factor": [1.5] * 8, "long_factor": [9.0] * 8, "original_max_position_embeddings": LENGTH // 4}
BY_KIND = {"full_attention": YARN | {"rope_theta": 777.0}, "sliding_attention": BASE | {"rope_theta": 55.0}}
KINDS = {"layer_types": ["sliding_attention", "full_attention"], "head_dim": HEAD_DIM}
VISION = {"depth": 1, "embed_dim": 32, "hidden_size": 32, "num_heads": 2}
TEXT = SIZES | {"model_type": "qwen2_vl_text", "rope_parameters": BASE | {"mrope_section": [2, 3, 3]}}
Expected = tuple[int, float, dict[str, Any] | None]
# A config, and for each rotary module its name, width, base and scaling.
CASES: dict[str, tuple[dict[str, Any], dict[str, Expected]]] = {
    "base": (SIZES | {"model_type": "llama", "rope_parameters": BASE}, {"rotary_emb": (16, 777.0, None)}),
    "a base of null": (
        SIZES | {"model_type": "llama", "rope_theta": None, "rope_parameters": {"rope_theta": 777.0}},
        {"rotary_emb": (16, 777.0, None)},
    ),
    "scaling": (
        SIZES | {"model_type": "qwen3", "head_dim": HEAD_DIM, "rope_parameters": YARN | {"rope_theta": 777.0}},
        {"rotary_emb": (16, 777.0, YARN)},
    ),
    "lists": (
        SIZES
        | {"model_type": "phi3", "original_max_position_embeddings": LENGTH // 4}
        | {"rope_parameters": LISTS | {"rope_type": "longrope", "rope_theta": 777.0}},
        {"rotary_emb": (16, 777.0, LISTS | {"rope_type": "longrope"})},
    ),
    "a part of the head": (
        SIZES | {"model_type": "phi", "rope_parameters": BASE | {"partial_rotary_factor": 0.25}},
        {"rotary_emb": (4, 777.0, None)},
    ),
    "a part of the head, by an older name": (
        SIZES | {"model_type": "gpt_neox", "rope_parameters": BASE | {"partial_rotary_factor": 0.5}},
        {"rotary_emb": (8, 777.0, None)},
    ),
    "a part of the head, as a number of channels": (
        SIZES | {"model_type": "minimax", "head_dim": HEAD_DIM, "rotary_dim": 8, "rope_parameters": BASE},
        {"rotary_emb": (8, 777.0, None)},
    ),
    "two kinds of layers": (
        SIZES | KINDS | {"model_type": "gemma3_text", "rope_parameters": BY_KIND},
        {"rotary_emb": (16, 777.0, YARN), "rotary_emb_local": (16, 55.0, None)},
    ),
    "no scaling, where a class scales by default": (
        SIZES
        | {"model_type": "gpt_oss", "head_dim": HEAD_DIM, "num_local_experts": 2, "num_experts_per_tok": 1}
        | {"rope_parameters": BASE},
        {"rotary_emb": (16, 777.0, None)},
    ),
    "a text within": (
        {"model_type": "qwen2_vl", "text_config": TEXT, "vision_config": VISION},
        {"language_model.rotary_emb": (16, 777.0, None)},
    ),
}


def turns(folder, stated: dict[str, Any], expected: dict[str, Expected]) -> bool:
    (folder / "config.json").write_text(json.dumps(stated))
    model = AutoModel.from_config(AutoConfig.from_pretrained(folder))
    right = []
    for name, (width, base, scaling) in expected.items():
        rotary = model.get_submodule(name)
        frequencies, factor = inverse_frequencies(width, base, scaling, max_position_embeddings=LENGTH)
        table = rotary.inv_freq.double().numpy()
        right.append(table.shape == frequencies.shape and np.allclose(table, frequencies, rtol=2e-6, atol=0))
        right.append(np.isclose(rotary.attention_scaling, factor))
    return all(right)


@pytest.mark.parametrize("name", CASES)
def test_parameters_of_newer_configs_count(tmp_path, name):
    assert turns(tmp_path, *CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_upstream_ignores_parameters_of_newer_configs(tmp_path, name, monkeypatch):
    """A negative control: upstream ignores the parameters, or crashes if there is no base."""
    monkeypatch.setattr(PretrainedConfig, "_read_newer_rope_keys", classmethod(lambda _, stated: stated))
    try:
        assert not turns(tmp_path, *CASES[name])
    except TypeError:
        assert name == "a base of null"


def test_keys_of_4x_next_to_the_parameters_count(tmp_path):
    stated = SIZES | {"model_type": "llama", "rope_theta": 55.0, "rope_scaling": YARN, "rope_parameters": BASE}
    assert turns(tmp_path, stated, {"rotary_emb": (16, 55.0, YARN)})


def test_the_dict_that_is_read_does_not_change():
    stated = copy.deepcopy(CASES["a text within"][0])
    AutoConfig.for_model("qwen2_vl").__class__.from_dict(stated)
    assert stated["text_config"] == TEXT


def test_a_users_class_keeps_its_meaning():
    class OwnConfig(PretrainedConfig):
        model_type = "own_newer"

        def __init__(self, rope_theta=1e4, **kwargs):
            self.rope_theta = rope_theta
            super().__init__(**kwargs)

    config = OwnConfig.from_dict({"rope_parameters": dict(BASE)})
    assert (config.rope_theta, config.rope_parameters) == (1e4, BASE)
