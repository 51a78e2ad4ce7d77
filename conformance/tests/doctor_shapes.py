"""Shapes of published configs: RoPE keys as published, sizes shrunk; and what the doctor must say of each.

A shape is named after its model family. `layers` are what the file meant to the release that wrote it, by kind of
layers: the width of a head, the rotary width, the base, the rope type and the factor.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


Expected = tuple[int | None, int | None, float | None, str, float | None]


@dataclass(frozen=True)
class Shape:
    """A config, and what the doctor must say.

    Args:
        layers: by the name of the layers in the doctor's output.
        rules: the rules of all findings.
        fixed: whether the doctor writes something else instead.
        built: whether a tiny model can be built from the config by `AutoModel`.
        fails_on_upstream: whether upstream cannot build it.
    """

    config: Mapping[str, Any]
    layers: Mapping[str, Expected]
    rules: frozenset[str] = frozenset()
    fixed: bool = False
    built: bool = True
    fails_on_upstream: bool = False


LENGTH = 4096
SIZES = {"hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2}
SIZES |= {"intermediate_size": 64, "vocab_size": 64, "max_position_embeddings": LENGTH}
SIZES |= {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
FULL, SLIDING = "full_attention", "sliding_attention"
TWO_KINDS = {"layer_types": [SLIDING, FULL]}
VISION = {"depth": 1, "hidden_size": 32, "num_heads": 2, "intermediate_size": 32, "out_hidden_size": 64}
LLAMA3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 1024}
MISTRAL_4K = {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 4.0, "original_max_position_embeddings": LENGTH // 4}
DEEPSEEK = {"beta_fast": 32, "beta_slow": 1, "factor": 4, "mscale": 1.0, "mscale_all_dim": 1.0}
DEEPSEEK |= {"original_max_position_embeddings": LENGTH // 4}
SLICE = {"qk_rope_head_dim": 8, "qk_nope_head_dim": 16, "v_head_dim": 16, "kv_lora_rank": 16, "q_lora_rank": 16}
EXPERTS = {"n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "n_shared_experts": 1}
EXPERTS |= {"n_group": 1, "topk_group": 1, "first_k_dense_replace": 1}
LISTS = {"short_factor": [1.0 + 0.1 * i for i in range(8)], "long_factor": [1.0 + 2.0 * i for i in range(8)]}
PHI3 = SIZES | {"model_type": "phi3", "original_max_position_embeddings": LENGTH // 4, "rope_theta": 10000.0}


def shape(
    model_type: str,
    keys: Mapping[str, Any],
    layers: Mapping[str, Expected] | Expected,
    *rules: str,
    fixed: bool = False,
    built: bool = True,
    version: str = "4.45.0",
) -> Shape:
    config = SIZES | {"model_type": model_type} | dict(keys)
    if version:
        config["transformers_version"] = version
    by_kind = layers if isinstance(layers, Mapping) else {"all layers": layers}
    return Shape({key: x for key, x in config.items() if x != "left out"}, by_kind, frozenset(rules), fixed, built)


SHAPES: dict[str, Shape] = {
    # --- one base, no scaling
    "Llama 2": shape("llama", {"rope_scaling": None}, (16, 16, 10000.0, "default", None), version="4.31.0"),
    "Llama 3": shape("llama", {"rope_theta": 500000.0}, (16, 16, 500000.0, "default", None)),
    "Mistral": shape("mistral", {"rope_theta": 10000.0}, (16, 16, 10000.0, "default", None)),
    "Mistral NeMo": shape("mistral", {"head_dim": 32, "rope_theta": 1e6}, (32, 32, 1e6, "default", None)),
    "Qwen2": shape("qwen2", {"rope_theta": 1e6}, (16, 16, 1e6, "default", None)),
    "Qwen3": shape("qwen3", {"head_dim": 32, "rope_theta": 1e6, "rope_scaling": None}, (32, 32, 1e6, "default", None)),
    "Gemma": shape("gemma", {"head_dim": 32, "rope_theta": 10000.0}, (32, 32, 10000.0, "default", None)),
    "Falcon": shape(
        "falcon", {"new_decoder_architecture": True, "rope_theta": 10000.0}, (16, 16, 10000.0, "default", None)
    ),
    "OLMo 2": shape("olmo2", {"rope_theta": 500000, "rope_scaling": None}, (16, 16, 500000, "default", None)),
    "Granite": shape("granite", {"rope_theta": 10000000.0}, (16, 16, 1e7, "default", None)),
    # --- a share of the head
    "Phi-2": shape("phi", {"partial_rotary_factor": 0.4, "rope_theta": 10000.0}, (16, 6, 10000.0, "default", None)),
    "StableLM 2": shape(
        "stablelm", {"partial_rotary_factor": 0.25, "rope_theta": 10000}, (16, 4, 10000, "default", None)
    ),
    "Persimmon": shape(
        "persimmon", {"partial_rotary_factor": 0.5, "rope_theta": 25000.0}, (16, 8, 25000.0, "default", None)
    ),
    "Nemotron": shape(
        "nemotron", {"partial_rotary_factor": 0.5, "rope_theta": 10000}, (16, 8, 10000, "default", None)
    ),
    "GLM-4": shape(
        "glm", {"head_dim": 16, "partial_rotary_factor": 0.5, "rope_theta": 10000.0}, (16, 8, 10000.0, "default", None)
    ),
    "Qwen3-Next": shape(
        "qwen3_next",
        {"head_dim": 32, "partial_rotary_factor": 0.25, "rope_theta": 10000000, "layer_types": [FULL, FULL]},
        (32, 8, 10000000, "default", None),
        version="4.57.0",
        built=False,
    ),
    "GPT-NeoX 20B": shape(
        "gpt_neox", {"rotary_pct": 0.25, "rotary_emb_base": 10000}, (16, 4, 10000, "default", None), version="4.24.0"
    ),
    "Pythia": shape("gpt_neox", {"rotary_pct": 0.25}, (16, 4, 10000.0, "default", None), version="4.24.0"),
    "GPT-NeoX with heads of no whole width": shape(
        "gpt_neox",
        {"hidden_size": 1024, "num_attention_heads": 12, "rotary_pct": 0.25},
        (85, 21, 10000.0, "default", None),
        "head-not-whole",
        "odd-width",
        version="4.29.0",
        built=False,
    ),
    "GPT-NeoX of issue 35233": shape(
        "gpt_neox",
        {"hidden_size": 32, "num_attention_heads": 8, "rotary_pct": 0.75},
        (4, 3, 10000.0, "default", None),
        "odd-width",
    ),
    "MiniMax-Text-01": shape(
        "minimax",
        {"head_dim": 16, "rotary_dim": 8, "rope_theta": 10000000, "layer_types": [FULL, FULL], "num_local_experts": 2},
        (16, 8, 10000000, "default", None),
        "differs",
        version="4.45.2",
    ),
    "Llama with a share": shape(
        "llama",
        {"partial_rotary_factor": 0.5, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}},
        (16, 16, 10000.0, "default", None),
        "differs",
        fixed=True,
        version="5.2.0",
    ),
    # --- scaling
    "Vicuna 16k": shape(
        "llama",
        {"rope_scaling": {"factor": 4.0, "type": "linear"}},
        (16, 16, 10000.0, "linear", 4.0),
        version="4.31.0",
    ),
    "DeepSeek Coder": shape(
        "llama",
        {"rope_scaling": {"factor": 4.0, "type": "linear"}, "rope_theta": 100000},
        (16, 16, 100000, "linear", 4.0),
        version="4.33.1",
    ),
    "Llama 3.1": shape(
        "llama",
        {"rope_scaling": LLAMA3 | {"rope_type": "llama3"}, "rope_theta": 500000.0},
        (16, 16, 500000.0, "llama3", 8.0),
    ),
    "Llama 3.2": shape(
        "llama",
        {"head_dim": 16, "rope_scaling": LLAMA3 | {"factor": 32.0, "rope_type": "llama3"}, "rope_theta": 500000.0},
        (16, 16, 500000.0, "llama3", 32.0),
    ),
    "Qwen2.5 with YaRN": shape(
        "qwen2",
        {
            "rope_scaling": {"factor": 4.0, "original_max_position_embeddings": LENGTH, "type": "yarn"},
            "rope_theta": 1e6,
        },
        (16, 16, 1e6, "yarn", 4.0),
        version="4.43.1",
    ),
    "Yarn Llama 2": shape(
        "llama",
        {
            "rope_scaling": {
                "factor": 16.0,
                "original_max_position_embeddings": 1024,
                "type": "yarn",
                "finetuned": True,
            }
        },
        (16, 16, 10000.0, "yarn", 16.0),
        "factor-and-lengths",
        version="4.32.0",
    ),
    "Qwen2.5-1M": shape(
        "qwen2",
        {"rope_theta": 10000000.0, "dual_chunk_attention_config": {"chunk_size": 1024, "local_size": 64}},
        (16, 16, 10000000.0, "default", None),
        "other-program",
        version="4.47.1",
    ),
    "Phi-3 mini 4k": Shape(
        PHI3 | {"rope_scaling": None, "original_max_position_embeddings": LENGTH, "transformers_version": "4.40.2"},
        {"all layers": (16, 16, 10000.0, "default", None)},
    ),
    "Phi-3 mini 128k, first": Shape(
        PHI3 | {"rope_scaling": LISTS | {"type": "su"}, "transformers_version": "4.40.2"},
        {"all layers": (16, 16, 10000.0, "longrope", None)},
        frozenset({"older-name"}),
        fixed=True,
        fails_on_upstream=True,
    ),
    "Phi-3.5 mini": Shape(
        PHI3 | {"rope_scaling": LISTS | {"type": "longrope"}, "transformers_version": "4.43.3"},
        {"all layers": (16, 16, 10000.0, "longrope", None)},
    ),
    "Phi-4 mini": Shape(
        PHI3
        | {
            "rope_scaling": {key: x[:6] for key, x in LISTS.items()} | {"type": "longrope"},
            "partial_rotary_factor": 0.75,
        }
        | {"transformers_version": "4.45.0"},
        {"all layers": (16, 12, 10000.0, "longrope", None)},
    ),
    "Phi-4 mini with lists for whole heads": Shape(
        PHI3
        | {"rope_scaling": LISTS | {"type": "longrope"}, "partial_rotary_factor": 0.75}
        | {"transformers_version": "4.45.0"},
        {"all layers": (16, 12, 10000.0, "longrope", None)},
        frozenset({"list-length"}),
        built=False,
    ),
    "DeepSeek-V3": shape(
        "deepseek_v3",
        SLICE | EXPERTS | {"rope_theta": 10000, "rope_scaling": DEEPSEEK | {"type": "yarn"}},
        (8, 8, 10000, "yarn", 4),
        version="4.33.1",
    ),
    "HunYuan": shape(
        "hunyuan_v1_dense",
        {
            "head_dim": 16,
            "rope_scaling": {"alpha": 1000.0, "beta_fast": 32, "beta_slow": 1, "factor": 1.0, "mscale": 1.0}
            | {"mscale_all_dim": 1.0, "type": "dynamic"},
            "rope_theta": 10000.0,
        },
        (16, 16, 10000.0, "dynamic", 1.0),
        version="4.41.2",
    ),
    "GPT-OSS": shape(
        "gpt_oss",
        {"head_dim": 16, "rope_theta": 150000, "num_local_experts": 2, "layer_types": [SLIDING, FULL]}
        | {"rope_scaling": MISTRAL_4K | {"rope_type": "yarn", "truncate": False}},
        (16, 16, 150000, "yarn", 4.0),
        version="4.55.0.dev0",
    ),
    "Apertus with a base": shape(
        "apertus", {"rope_theta": 777.0}, (16, 16, 777.0, "llama3", 8.0), "differs", "length-order", fixed=True
    ),
    # --- parameters by layer type
    "Gemma 3": shape(
        "gemma3_text",
        TWO_KINDS
        | {"head_dim": 16, "rope_theta": 1e6, "rope_local_base_freq": 10000.0}
        | {"rope_scaling": {"factor": 8.0, "rope_type": "linear"}},
        {FULL: (16, 16, 1e6, "linear", 8.0), SLIDING: (16, 16, 10000.0, "default", None)},
        version="4.50.0.dev0",
    ),
    "Gemma 3 by the older key": shape(
        "gemma3_text",
        TWO_KINDS
        | {"head_dim": 16, "rope_theta": 1e6, "rope_local_base_freq": 10000.0}
        | {"rope_scaling": {"factor": 8.0, "type": "linear"}},
        {FULL: (16, 16, 1e6, "linear", 8.0), SLIDING: (16, 16, 10000.0, "default", None)},
        "older-key",
        "differs",
        fixed=True,
        version="4.50.0",
    ),
    "Gemma 3 of 5.x": shape(
        "gemma3_text",
        TWO_KINDS
        | {"head_dim": 16}
        | {
            "rope_parameters": {
                FULL: {"factor": 8.0, "rope_theta": 1e6, "rope_type": "linear"},
                SLIDING: {"rope_theta": 10000.0, "rope_type": "default"},
            }
        },
        {FULL: (16, 16, 1e6, "linear", 8.0), SLIDING: (16, 16, 10000.0, "default", None)},
        version="5.0.0",
    ),
    "ModernBERT": shape(
        "modernbert",
        TWO_KINDS | {"global_rope_theta": 160000.0, "local_rope_theta": 10000.0},
        {FULL: (16, 16, 160000.0, "default", None), SLIDING: (16, 16, 10000.0, "default", None)},
        version="4.47.0.dev0",
    ),
    "OLMo 3": shape(
        "olmo3",
        TWO_KINDS | {"rope_theta": 777000, "rope_scaling": None},
        {FULL: (16, 16, 777000, "default", None), SLIDING: (16, 16, 777000, "default", None)},
        "differs",
        fixed=True,
        version="4.57.0",
    ),
    "DBRX": shape(
        "dbrx",
        {"d_model": 64, "n_heads": 4, "n_layers": 2, "max_seq_len": LENGTH, "attn_config": {"rope_theta": 500000.0}}
        | dict.fromkeys(("hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size"), "left out")
        | {"max_position_embeddings": "left out", "num_key_value_heads": "left out"},
        (16, 16, 500000.0, "default", None),
        "differs",
        fixed=True,
        version="4.39.0",
        built=False,
    ),
    "GPT-J": shape(
        "gptj",
        {"n_embd": 64, "n_head": 4, "n_layer": 2, "rotary_dim": 8}
        | dict.fromkeys(("hidden_size", "num_attention_heads", "max_position_embeddings"), "left out"),
        (16, 8, 10000.0, "default", None),
        version="4.11.0",
        built=False,
    ),
    "MiniMax-M2": shape(
        "minimax_m2",
        {"head_dim": 16, "rotary_dim": 8, "rope_theta": 5000000, "num_local_experts": 2},
        (16, 8, 5000000, "default", None),
        version="4.46.1",
    ),
    "Kimi K2 with its own code": shape(
        "kimi_k2",
        SLICE | {"rope_theta": 50000.0, "rope_scaling": DEEPSEEK | {"type": "yarn"}, "num_attention_heads": 6},
        (8, 8, 50000.0, "yarn", 4),
        version="4.48.3",
        built=False,
    ),
    "Phi-3.5 MoE": shape(
        "phimoe",
        {"original_max_position_embeddings": LENGTH // 4, "rope_theta": 10000.0}
        | {"rope_scaling": LISTS | {"type": "longrope", "short_mscale": 1.24, "long_mscale": 1.24}},
        (16, 16, 10000.0, "longrope", None),
        version="4.43.3",
        built=False,
    ),
    "Phi-3.5 vision with its own code": shape(
        "phi3_v",
        {"original_max_position_embeddings": LENGTH // 4, "rope_theta": 10000.0}
        | {"rope_scaling": LISTS | {"type": "su"}},
        (16, 16, 10000.0, "longrope", None),
        version="4.38.1",
        built=False,
    ),
    "Command R7B": shape(
        "cohere2",
        {"head_dim": 16, "rope_theta": 50000, "rotary_pct": 1.0, "sliding_window": 8, "sliding_window_pattern": 4},
        (16, 16, 50000, "default", None),
        version="4.48.0.dev0",
    ),
    "Zamba2": shape(
        "zamba2",
        {"use_mem_rope": True, "rope_theta": 10000, "attention_head_dim": 32},
        (32, 32, 10000, "default", None),
        version="4.49.0",
        built=False,
    ),
    # --- classes that rotate only if a key says so
    "Falcon-RW": shape("falcon", {"alibi": True}, {}, version="4.27.4", built=False),
    "Granite 4.0 micro": shape(
        "granitemoehybrid",
        {"position_embedding_type": "rope", "rope_theta": 10000000},
        (16, 16, 10000000, "default", None),
        version="4.56.0",
        built=False,
    ),
    "Granite 4.0 H": shape(
        "granitemoehybrid",
        {"position_embedding_type": "nope", "rope_theta": 10000},
        {},
        version="4.56.0",
        built=False,
    ),
    # --- several modalities
    "Qwen2-VL": shape(
        "qwen2_vl",
        {"rope_theta": 1e6, "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]}, "vision_config": VISION},
        (16, 16, 1e6, "default", None),
        version="4.41.2",
    ),
    "Qwen2-VL with sections of another head": shape(
        "qwen2_vl",
        {"rope_theta": 1e6, "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]}, "vision_config": VISION},
        (16, 16, 1e6, "default", None),
        "sections",
        version="4.41.2",
        built=False,
    ),
    "Qwen3-VL as published": shape(
        "qwen3_vl",
        {
            "text_config": SIZES
            | {"model_type": "qwen3_vl_text", "head_dim": 16, "rope_theta": 5e6}
            | {"rope_scaling": {"mrope_interleaved": True, "mrope_section": [3, 3, 2], "rope_type": "default"}},
            "vision_config": VISION | {"model_type": "qwen3_vl", "deepstack_visual_indexes": [0]},
        },
        {"text_config": (16, 16, 5e6, "default", None)},
        version="4.57.0.dev0",
    ),
    "Qwen3-VL": shape(
        "qwen3_vl",
        {
            "text_config": SIZES
            | {"model_type": "qwen3_vl_text", "head_dim": 16, "rope_theta": 5e6}
            | {"rope_scaling": {"mrope_interleaved": True, "mrope_section": [3, 3, 2], "rope_type": "default"}},
            "vision_config": VISION | {"deepstack_visual_indexes": [0]},
        },
        {"text_config": (16, 16, 5e6, "default", None)},
        version="4.57.0.dev0",
    ),
    "GLM-4.1V": shape(
        "glm4v",
        {"partial_rotary_factor": 0.5, "rope_theta": 777.0, "vision_config": VISION}
        | {"rope_scaling": {"type": "default", "mrope_section": [1, 1, 2]}},
        (16, 8, 777.0, "default", None),
        "differs",
        version="4.51.3",
    ),
    "Gemma 3 with images": shape(
        "gemma3",
        {
            "text_config": SIZES
            | {"model_type": "gemma3_text", "head_dim": 16, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}
            | TWO_KINDS
        },
        {
            f"text_config {FULL}": (16, 16, 1e6, "linear", 8.0),
            f"text_config {SLIDING}": (16, 16, 10000.0, "default", None),
        },
        version="4.50.0.dev0",
        built=False,
    ),
    # --- written by hand, and wrong
    "YaRN without a factor": shape(
        "llama",
        {"rope_scaling": {"rope_type": "yarn", "original_max_position_embeddings": 1024}},
        (16, 16, 10000.0, "yarn", None),
        "missing-key",
        built=False,
    ),
    "a factor without a type": shape(
        "llama", {"rope_scaling": {"factor": 4.0}}, (16, 16, 10000.0, "default", 4.0), "missing-rope-type", built=False
    ),
    "LongRoPE without its type": shape(
        "llama",
        {"rope_scaling": LISTS | {"factor": 4.0, "original_max_position_embeddings": 1024}},
        (16, 16, 10000.0, "default", 4.0),
        "missing-rope-type",
        fixed=True,
        built=False,
    ),
    "a mixture of two types": shape(
        "llama",
        {"rope_scaling": {"rope_type": "yarn", "low_freq_factor": 1.0} | MISTRAL_4K, "rope_theta": 500000.0},
        (16, 16, 500000.0, "yarn", 4.0),
        "ignored-key",
        fixed=True,
    ),
}


# --- what each rule finds

LLAMA = SHAPES["Llama 3"].config
SCALED = {"original_max_position_embeddings": 1024, "factor": 4.0}
WHOLE = {"short_factor": [1.0] * 8, "long_factor": [2.0] * 8}
LOW_AND_HIGH = SCALED | {"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 4.0}
# By rule: keys that it finds in a Llama config, and keys that it does not find.
RULES: dict[str, tuple[dict, dict]] = {
    "unknown-rope-type": ({"rope_scaling": {"rope_type": "nonsense"}}, {"rope_scaling": {"rope_type": "default"}}),
    "missing-rope-type": ({"rope_scaling": {"factor": 2.0}}, {"rope_scaling": {"type": "linear", "factor": 2.0}}),
    "missing-key": ({"rope_scaling": {"type": "linear"}}, {"rope_scaling": {"type": "linear", "factor": 1.0}}),
    "no-positive-number": ({"rope_theta": -1.0}, {"rope_theta": 1}),
    "no-number": ({"rope_scaling": LOW_AND_HIGH | {"low_freq_factor": "1"}}, {"rope_scaling": LOW_AND_HIGH}),
    "factor-below-one": (
        {"rope_scaling": {"rope_type": "linear", "factor": 0.5}},
        {"rope_scaling": {"rope_type": "linear", "factor": 1}},
    ),
    "factor-and-lengths": (
        {"rope_scaling": SCALED | {"rope_type": "yarn", "factor": 3.0}},
        {"rope_scaling": SCALED | {"rope_type": "yarn"}},
    ),
    "length-order": (
        {"rope_scaling": LOW_AND_HIGH | {"original_max_position_embeddings": 4096}},
        {"rope_scaling": LOW_AND_HIGH},
    ),
    "list-length": (
        {"rope_scaling": SCALED | WHOLE | {"rope_type": "longrope", "long_factor": [1.0] * 7}},
        {"rope_scaling": SCALED | WHOLE | {"rope_type": "longrope"}},
    ),
    "no-list": (
        {"rope_scaling": SCALED | WHOLE | {"rope_type": "longrope", "long_factor": ["1"] * 8}},
        {"rope_scaling": SCALED | WHOLE | {"rope_type": "longrope"}},
    ),
    "order": (
        {"rope_scaling": SCALED | {"rope_type": "yarn", "beta_fast": 1, "beta_slow": 32}},
        {"rope_scaling": SCALED | {"rope_type": "yarn", "beta_fast": 4, "beta_slow": 4}},
    ),
    "ignored-key": ({"rotary_pct": 0.5}, {}),
    "no-share": ({"partial_rotary_factor": 1.5}, {"partial_rotary_factor": 1.0}),
    "no-width": ({"rotary_dim": 32}, {"rotary_dim": 16}),
    "head-not-whole": ({"num_attention_heads": 6}, {"num_attention_heads": 2, "head_dim": 10}),
    "odd-width": ({"head_dim": 15}, {"head_dim": 14}),
    "one-channel": ({"partial_rotary_factor": 0.0625}, {"partial_rotary_factor": 0.125}),
    "contradiction": (
        {"rope_theta": 1.0, "rope_scaling": {"type": "linear", "factor": 2.0, "rope_theta": 2.0}},
        {"rope_theta": 2.0, "rope_scaling": {"type": "linear", "factor": 2.0, "rope_theta": 2.0}},
    ),
    "other-program": ({"dual_chunk_attention_config": {"chunk_size": 8}}, {"dual_chunk_attention_config": None}),
    "differs": ({"partial_rotary_factor": 0.5}, {"partial_rotary_factor": 1.0}),
}
