"""Reads from a config which layers have no RoPE, and which attend within a sliding window."""

from typing import Any


def layers_without_rope(config: Any) -> frozenset[int]:
    """Indices of the layers without RoPE, by the config.

    `no_rope_layers` has 1 for a layer with RoPE and 0 for one without; `layer_rope_theta` has a base, or 0.
    """
    return frozenset(index for index, has_rope in enumerate(_stated(config)) if not has_rope)


def layers_with_windows(config: Any) -> frozenset[int]:
    """Indices of the layers that attend within a sliding window.

    They follow from `layer_types`, or from `global_attn_every_n_layers`: in each group of so many layers, only the
    first attends to all tokens.
    """
    kinds = getattr(config, "layer_types", None)
    if kinds is None:
        distance = getattr(config, "global_attn_every_n_layers", 1)
        return frozenset(index for index in range(config.num_hidden_layers) if index % distance)
    return frozenset(index for index, kind in enumerate(kinds) if kind == "sliding_attention")


def _stated(config: Any) -> list[int]:
    return getattr(config, "no_rope_layers", None) or getattr(config, "layer_rope_theta", None) or []
