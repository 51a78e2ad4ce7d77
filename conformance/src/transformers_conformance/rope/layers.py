"""Which layers have no RoPE, and which attend within a window, as a config says."""

from typing import Any


def layers_without_rope(config: Any) -> frozenset[int]:
    """Indices of the layers that a config says have none.

    `no_rope_layers` has a 1 for RoPE, and a 0 for none; `layer_rope_theta` a base, or 0 for none.
    """
    return frozenset(index for index, has_rope in enumerate(_stated(config)) if not has_rope)


def layers_with_windows(config: Any) -> frozenset[int]:
    """Indices of the layers that attend within a sliding window, as `layer_types` say, or the distance of the others.

    `global_attn_every_n_layers` is the distance, from the first layer on.
    """
    kinds = getattr(config, "layer_types", None)
    if kinds is None:
        distance = getattr(config, "global_attn_every_n_layers", 1)
        return frozenset(index for index in range(config.num_hidden_layers) if index % distance)
    return frozenset(index for index, kind in enumerate(kinds) if kind == "sliding_attention")


def _stated(config: Any) -> list[int]:
    return getattr(config, "no_rope_layers", None) or getattr(config, "layer_rope_theta", None) or []
