"""Tiny GGUF files of every architecture with RoPE that Transformers loads, and the tables that their rotary keys mean.

The tables follow llama.cpp's documentation, in float64. They share no code with the tested code.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gguf
import numpy as np


HEADS, HIDDEN, VOCABULARY, CONTEXT = 4, 64, 96, 256
BASE = 500_000.0
SCALED = {"scaling.factor": 4.0, "scaling.original_context_length": 64}


@dataclass(frozen=True)
class Architecture:
    """
    An architecture of GGUF files.

    Args:
        name: the name in the files.
        head_dim: channels of a head. If upstream's loader does not read them, the default of the config class.
        fast: whether upstream's newer reader supports it, which reads no tensors of frequency factors.
        scalings: the types of scaling that the config class takes.
        whole: whether every channel of a head rotates, so that the file cannot ask for less.
        untruncated: whether the model was trained with a ramp whose ends are not rounded. No file states this.
        sliding_base: the base of layers with a sliding window, which have their own tables.
        layers: the number of layers, enough for one of each kind.
    """

    name: str
    head_dim: int = HIDDEN // HEADS
    fast: bool = False
    scalings: tuple[str, ...] = ("none", "linear", "yarn", "factors")
    whole: bool = False
    untruncated: bool = False
    sliding_base: float | None = None
    layers: int = 2


ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        Architecture("llama", whole=True),
        Architecture("qwen2"),
        Architecture("qwen2moe"),
        Architecture("qwen3", head_dim=128),
        Architecture("qwen3moe"),
        Architecture("falcon"),
        Architecture("phi3", scalings=("none", "factors")),
        Architecture("stablelm"),
        Architecture("starcoder2"),
        Architecture("nemotron"),
        Architecture("gemma2"),
        Architecture("gemma3", sliding_base=10_000.0, layers=6),
        Architecture("minimax-m2"),
        Architecture("gpt-oss", head_dim=64, untruncated=True),
        Architecture("lfm2", fast=True, scalings=("none", "linear", "yarn")),
        Architecture("qwen35", fast=True, scalings=("none", "linear", "yarn")),
        Architecture("qwen35moe", fast=True, scalings=("none", "linear", "yarn")),
    )
}


@dataclass(frozen=True)
class Rope:
    """
    The rotary embeddings that a file states.

    Args:
        keys: keys under `<architecture>.rope.`, such as `scaling.factor`; a file always states the width.
        width: rotary channels of a head; None for all.
        tensors: `rope_freqs`, or `rope_factors_long` and `rope_factors_short`: the divisor of each pair.
    """

    keys: Mapping[str, str | float | int] = field(default_factory=dict)
    width: int | None = None
    tensors: Mapping[str, Sequence[float]] = field(default_factory=dict)


def write_gguf(path: Path, architecture: Architecture, rope: Rope) -> None:
    """Writes a file whose only weights are the embedding. A model loads from it with random other weights."""
    name = architecture.name
    writer = gguf.GGUFWriter(path, name)
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_block_count(architecture.layers)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv([0, 2] if name == "lfm2" else 2)
    writer.add_key_length(architecture.head_dim)
    writer.add_value_length(architecture.head_dim)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_layer_norm_eps(1e-6)
    writer.add_vocab_size(VOCABULARY)
    writer.add_token_list([str(token) for token in range(VOCABULARY)])
    writer.add_pad_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_bos_token_id(2)
    if name == "lfm2":
        writer.add_shortconv_l_cache(3)
    if name.endswith("moe") or name in ("gpt-oss", "minimax-m2"):
        writer.add_expert_count(4)
        writer.add_expert_used_count(2)
        writer.add_expert_feed_forward_length(HIDDEN)
        writer.add_expert_shared_feed_forward_length(HIDDEN)
    width = rope.width or architecture.head_dim
    if name.startswith("qwen35"):
        writer.add_full_attention_interval(2)
        writer.add_ssm_conv_kernel(4)
        writer.add_ssm_state_size(8)
        writer.add_ssm_group_count(2)
        writer.add_ssm_time_step_rank(2)
        writer.add_ssm_inner_size(16)
        writer.add_rope_dimension_sections([width // 2 - 2, 1, 1, 0])
    writer.add_rope_dimension_count(width)
    for key, value in rope.keys.items():
        add = {str: writer.add_string, int: writer.add_uint32, float: writer.add_float32}[type(value)]
        add(f"{name}.rope.{key}", value)
    for tensor, values in rope.tensors.items():
        writer.add_tensor(f"{tensor}.weight", np.asarray(values, dtype=np.float32))
    writer.add_tensor("token_embd.weight", np.zeros((VOCABULARY, HIDDEN), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def stated_table(architecture: Architecture, rope: Rope, length: int) -> tuple[np.ndarray, float]:
    """
    The angles per position that a file asks for, in float64, and the factor of its cosines and sines.

    Args:
        length: the number of tokens of the sequence; it chooses the tensor of a file with two tensors.

    Returns:
        `[pairs]`, radians per position; and the factor.
    """
    # The file holds float32 values
    keys = {key: float(np.float32(value)) if isinstance(value, float) else value for key, value in rope.keys.items()}
    width = rope.width or architecture.head_dim
    angles = keys["freq_base"] ** (-2 * np.arange(width // 2, dtype=np.float64) / width)
    kind = keys.get("scaling.type", "linear")
    factor = keys.get("scaling.factor", 1.0) if kind != "none" else 1.0
    original = keys.get("scaling.original_context_length", CONTEXT)
    magnitude = keys.get("scaling.attn_factor", 1.0)
    if kind == "yarn":
        return angles * _yarn(architecture, keys, width, factor, original), magnitude * (1 + 0.1 * math.log(factor))
    chosen = "rope_factors_long" if length > original else "rope_factors_short"
    divisors = rope.tensors.get("rope_freqs", rope.tensors.get(chosen))
    if divisors is not None:
        angles = angles / np.asarray(divisors, dtype=np.float32).astype(np.float64)
    return angles / factor, magnitude


def _yarn(architecture: Architecture, keys: Mapping, width: int, factor: float, original: int) -> np.ndarray:
    """YaRN's factor on each pair's angle: 1 for pairs that turn often within the original length, else 1/factor."""

    def pair_that_turns(times: float) -> float:
        return width * math.log(original / (times * 2 * math.pi)) / (2 * math.log(keys["freq_base"]))

    low = pair_that_turns(keys.get("scaling.yarn_beta_fast", 32.0))
    high = pair_that_turns(keys.get("scaling.yarn_beta_slow", 1.0))
    if not architecture.untruncated:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, width - 1)
    span = high - low if high != low else 0.001
    stretched = np.clip((np.arange(width // 2) - low) / span, 0, 1)
    return stretched / factor + (1 - stretched)


def table_deviations(
    table: np.ndarray, factor: float, stated: tuple[np.ndarray, float], rope: Rope, place: str
) -> list[str]:
    """The differences of a table and its factor from those that a file asks for; empty if there are none."""
    angles, magnitude = stated
    if table.shape != angles.shape:
        return [f"{place}: {len(table)} pairs for {len(angles)}"]
    found = []
    epsilon = float(np.finfo(np.float32).eps)
    # float32: a rounding of the exponent counts ln(base) times, and a rounding of a ramp `factor` times
    scale = max(1.0, rope.keys.get("scaling.factor", 1.0))
    if not np.allclose(table, angles, rtol=4 * scale * (1 + math.log(BASE)) * epsilon, atol=0):
        found.append(f"{place}: {table.tolist()} for {angles.tolist()}")
    if not math.isclose(factor, magnitude, rel_tol=4 * epsilon):
        found.append(f"{place}: a factor of {factor} for {magnitude}")
    return found


def factors(architecture: Architecture, highest: float, width: int | None = None) -> list[float]:
    return np.geomspace(1, highest, (width or architecture.head_dim) // 2).tolist()


def ropes(architecture: Architecture) -> dict[str, Rope]:
    """The rotary embeddings that files of an architecture may state, one of each kind."""
    keys = {"freq_base": BASE}
    half = architecture.head_dim // 2
    two = {
        "rope_factors_long": factors(architecture, 20.0),
        "rope_factors_short": factors(architecture, 1.5),
    }
    length = {"scaling.original_context_length": 64}
    all_of_them = {
        "plain": Rope(keys),
        "partial": Rope(keys, width=half),
        "none": Rope(keys | {"scaling.type": "none", "scaling.factor": 4.0}),
        "linear": Rope(keys | {"scaling.type": "linear", "scaling.factor": 4.0}),
        "linear, without its type": Rope(keys | {"scaling.factor": 2.5}),
        "linear, partial": Rope(keys | {"scaling.type": "linear", "scaling.factor": 4.0}, width=half),
        "yarn": Rope(keys | SCALED | {"scaling.type": "yarn"}),
        "yarn, partial": Rope(keys | SCALED | {"scaling.type": "yarn"}, width=half),
        "yarn, its length not stated": Rope(keys | {"scaling.type": "yarn", "scaling.factor": 4.0}),
        "yarn, all keys": Rope(
            keys
            | SCALED
            | {"scaling.type": "yarn", "scaling.yarn_beta_fast": 8.0, "scaling.yarn_beta_slow": 2.0}
            | {"scaling.attn_factor": 0.75}
        ),
        "factors": Rope(keys, tensors={"rope_freqs": factors(architecture, 8.0)}),
        "factors, partial": Rope(keys, half, {"rope_freqs": factors(architecture, 8.0, half)}),
        "factors, linear": Rope(keys | {"scaling.factor": 2.0}, tensors={"rope_freqs": factors(architecture, 8.0)}),
        "factors of two lengths": Rope(keys | length | {"scaling.attn_factor": 1.19}, tensors=two),
        "factors of two lengths, by name": Rope(keys | length | {"scaling.type": "longrope"}, tensors=two),
    }
    if architecture.name == "gpt-oss":  # a model that scales by default states its scaling in its file
        all_of_them.pop("plain"), all_of_them.pop("partial")
    return {
        name: rope
        for name, rope in all_of_them.items()
        if kind_of(name) in (*architecture.scalings, "plain", "partial") and not (architecture.whole and rope.width)
    }


def kind_of(name: str) -> str:
    return name.split(",")[0].split(" of ")[0]
