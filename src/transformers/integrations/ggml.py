import math
from collections.abc import Mapping, Sequence
from typing import Any


def add_gguf_rope_parameters(
    config: dict[str, Any], metadata: Mapping[str, Any], tensors: Mapping[str, Sequence[float] | None]
) -> None:
    """
    Write the rotary keys of a GGUF file into the config dict that was made from the other keys of the file. For a key
    that the file does not have, the config class keeps its default. The keys have llama.cpp's meaning: tensors of
    frequency factors divide the frequencies, pair by pair, like LongRoPE's lists.

    Args:
        config: the dict; changed in place.
        metadata: the file's keys, at least those of its architecture.
        tensors: those of `rope_freqs.weight`, `rope_factors_long.weight` and `rope_factors_short.weight` that the file
            has, each with one divisor per pair; None for a tensor that was not read.

    Raises:
        ValueError: a tensor does not have one divisor for each pair of the rotary width.
    """
    from ..models.auto.configuration_auto import CONFIG_MAPPING

    architecture = metadata["general.architecture"]
    prefix = f"{architecture}.rope."
    if config["model_type"] not in CONFIG_MAPPING or not (tensors or any(key.startswith(prefix) for key in metadata)):
        return
    default = CONFIG_MAPPING[config["model_type"]]()
    rope_defaults = getattr(default, "rope_parameters", None)
    if not rope_defaults:  # a model without RoPE
        return
    by_layer_type = "full_attention" in rope_defaults
    defaults = rope_defaults["full_attention"] if by_layer_type else rope_defaults

    stated, head_dim, width, divisors = _read_gguf_rope(config, metadata, tensors)
    found = {}
    if "freq_base" in stated:
        found["rope_theta"] = stated["freq_base"]
    if defaults["rope_type"] == "proportional":
        # Its table is as wide as the head, and very large divisors mark the pairs that do not turn
        turning = [value for value in divisors.pop("rope_freqs.weight", []) if value < 1e29]
        if turning:
            found["partial_rotary_factor"] = 2 * len(turning) / head_dim
        if set(turning) - {1.0} or divisors:
            logger.warning(f"Frequency factors of {architecture} other than 1 are not honoured: {turning or divisors}")
        divisors = {}
    elif width / head_dim != defaults.get("partial_rotary_factor", 1.0):
        found["partial_rotary_factor"] = width / head_dim

    context_length = config.get("max_position_embeddings", default.max_position_embeddings)
    scaling = _read_gguf_rope_scaling(stated, divisors, prefix, context_length)
    if config["model_type"] == "phi3" and scaling.get("rope_type") not in (None, "default", "longrope"):
        logger.warning(f"`{prefix}scaling.type`={scaling['rope_type']!r} is not honoured: Phi-3 has LongRoPE only")
        scaling = {}
    if scaling.get("rope_type") == defaults["rope_type"] != "default":
        scaling = {key: value for key, value in defaults.items() if key not in found} | scaling
    if "original_max_position_embeddings" in scaling and hasattr(default, "original_max_position_embeddings"):
        config["original_max_position_embeddings"] = scaling["original_max_position_embeddings"]

    if by_layer_type:
        sliding = rope_defaults["sliding_attention"] | {
            key: value for key, value in found.items() if key == "partial_rotary_factor" and key not in defaults
        }
        if "freq_base_swa" in stated:
            sliding["rope_theta"] = stated["freq_base_swa"]
        full = (scaling or defaults) | {"rope_theta": defaults["rope_theta"]} | found
        config.pop("rope_theta", None)
        config["rope_parameters"] = {"sliding_attention": sliding, "full_attention": full}
        return
    if stated.get("freq_base_swa", stated.get("freq_base")) != stated.get("freq_base"):
        logger.warning(f"`{prefix}freq_base_swa`={stated['freq_base_swa']} is not honoured: all layers have one base")
    if scaling or "rope_parameters" in config:
        config["rope_parameters"] = config.get("rope_parameters", {}) | scaling | found
    else:
        config.update(found)


def _read_gguf_rope(
    config: Mapping[str, Any], metadata: Mapping[str, Any], tensors: Mapping[str, Sequence[float] | None]
) -> tuple[dict[str, Any], int, int, dict[str, list[float]]]:
    """
    What a GGUF file states about its rotary embeddings; arguments as in `add_gguf_rope_parameters`.

    Returns:
        The keys below `rope.`; the number of channels of a head, and of those that rotate; and the divisors of pairs,
        by tensor name.

    Raises:
        ValueError: a tensor does not have one divisor for each pair of the rotary width.
    """
    architecture = metadata["general.architecture"]
    prefix = f"{architecture}.rope."
    stated = {key.removeprefix(prefix): value for key, value in metadata.items() if key.startswith(prefix)}
    head_dim = config.get("global_head_dim") or config.get("head_dim")
    head_dim = head_dim or metadata.get(f"{architecture}.attention.key_length")
    head_dim = head_dim or config["hidden_size"] // config["num_attention_heads"]
    width = stated.get("dimension_count", head_dim)
    divisors = {name: [float(value) for value in tensor] for name, tensor in tensors.items() if tensor is not None}
    if left := tensors.keys() - divisors.keys():
        logger.warning(f"Frequency factors of {architecture} are not honoured: {sorted(left)}")
    for name, values in divisors.items():
        if len(values) != width // 2:
            raise ValueError(f"`{name}` needs {width // 2} entries for {width} rotary channels, but has {len(values)}")
    return stated, head_dim, width, divisors


def _read_gguf_rope_scaling(
    stated: Mapping[str, Any], divisors: Mapping[str, list[float]], prefix: str, context_length: int
) -> dict[str, Any]:
    """
    The scaling parameters: type, factors and lengths; empty if the file states no scaling.

    Args:
        stated: the file's `rope.*` keys, without `prefix`.
        divisors: the divisors of pairs, by tensor name.
        prefix: the prefix of keys in warnings.
        context_length: the number of tokens; the original length if the file does not state one.
    """
    kind = stated.get("scaling.type", "linear")
    factor = stated.get("scaling.factor") or stated.get("scale_linear") or 1.0
    original = stated.get("scaling.original_context_length") or context_length
    attention_factor = stated.get("scaling.attn_factor", 1.0)
    if kind not in ("none", "linear", "yarn", "longrope"):
        logger.warning(f"`{prefix}scaling.type`={kind!r} is not honoured: it must be none, linear, yarn or longrope")
        return {}
    extrapolation = stated.get("scaling.yarn_ext_factor", -1.0)  # negative: as the type says
    if extrapolation >= 0 and extrapolation != (kind == "yarn"):
        logger.warning(f"`{prefix}scaling.yarn_ext_factor`={extrapolation} is not honoured with the type {kind!r}")

    if kind == "yarn":
        if divisors:
            logger.warning(f"Frequency factors ({', '.join(divisors)}) are not honoured with the type 'yarn'")
        scaling = {"rope_type": "yarn", "factor": factor, "original_max_position_embeddings": original}
        for key in ("beta_fast", "beta_slow"):
            if f"scaling.yarn_{key}" in stated:
                scaling[key] = stated[f"scaling.yarn_{key}"]
        multiplier = stated.get("scaling.yarn_log_multiplier", 0.0)
        if multiplier or attention_factor != 1:
            growth = 0.1 * math.log(max(factor, 1.0))
            scaling["attention_factor"] = attention_factor * (1 + growth) / (1 + multiplier * growth)
        return scaling

    if kind == "none":
        factor = 1.0
    one = divisors.get("rope_freqs.weight")
    short, long = one or divisors.get("rope_factors_short.weight"), one or divisors.get("rope_factors_long.weight")
    if short and long:
        return {
            "rope_type": "longrope",
            "short_factor": [factor * value for value in short],
            "long_factor": [factor * value for value in long],
            "factor": max(1.0, context_length / original),
            "original_max_position_embeddings": original,
            "attention_factor": attention_factor,
        }
    if kind == "longrope" or divisors:
        logger.warning(
            f"`{prefix}scaling.type`={kind!r} is not honoured: the file does not have both tensors of rope factors"
        )
    if attention_factor != 1:
        logger.warning(f"`{prefix}scaling.attn_factor`={attention_factor} is not honoured with the type {kind!r}")
    if factor != 1:
        return {"rope_type": "linear", "factor": factor}
    return {"rope_type": "default"} if "scaling.type" in stated or "scaling.factor" in stated else {}
