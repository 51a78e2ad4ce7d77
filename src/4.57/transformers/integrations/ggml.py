def add_gguf_rope_parameters(
    config: dict[str, Any], metadata: Mapping[str, Any], tensors: Mapping[str, Sequence[float]]
) -> None:
    """
    Write the rotary keys of a GGUF file into the config dict that was made from the other keys of the file. For a key
    that the file does not have, the config class keeps its default. The keys have llama.cpp's meaning: tensors of
    frequency factors divide the frequencies, pair by pair, like LongRoPE's lists.

    Args:
        config: the dict; changed in place.
        metadata: the file's keys, at least those of its architecture.
        tensors: those of `rope_freqs.weight`, `rope_factors_long.weight` and `rope_factors_short.weight` that the file
            has, each with one divisor per pair.

    Raises:
        ValueError: a tensor does not have one divisor for each pair of the rotary width.
    """
    from ..models.auto.configuration_auto import CONFIG_MAPPING

    prefix = f"{metadata['general.architecture']}.rope."
    if config["model_type"] not in CONFIG_MAPPING or not (tensors or any(key.startswith(prefix) for key in metadata)):
        return
    if "hidden_size" not in config:  # the loader reads no key of this architecture
        return
    default = CONFIG_MAPPING[config["model_type"]]()
    if not hasattr(default, "rope_theta"):  # a model without RoPE
        return
    stated, head_dim, width, divisors = _read_gguf_rope(config, metadata, tensors)
    base = stated.get("freq_base")
    if base is not None:
        config["rope_theta"] = base
    if width / head_dim != getattr(default, "partial_rotary_factor", 1.0):
        config["partial_rotary_factor"] = width / head_dim
    if hasattr(default, "rope_local_base_freq"):
        config["rope_local_base_freq"] = stated.get("freq_base_swa", default.rope_local_base_freq)
    elif stated.get("freq_base_swa", base) != base:
        logger.warning(f"`{prefix}freq_base_swa`={stated['freq_base_swa']} is not honoured: all layers have one base")

    context_length = config.get("max_position_embeddings", default.max_position_embeddings)
    scaling = _read_gguf_rope_scaling(stated, divisors, prefix, context_length)
    rope_type = scaling.get("rope_type", "default")
    known = {"phi3": ("default", "longrope"), "nemotron": ("default",)}.get(config["model_type"])
    if known and rope_type not in known:
        logger.warning(f"`{prefix}scaling.type`={rope_type!r} is not honoured: this model has only {known}")
    elif rope_type != "default":
        config["rope_scaling"] = scaling
        if "original_max_position_embeddings" in scaling and hasattr(default, "original_max_position_embeddings"):
            config["original_max_position_embeddings"] = scaling["original_max_position_embeddings"]
