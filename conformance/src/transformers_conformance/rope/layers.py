"""What a config says of single layers: which have no RoPE, and which kind of layer has which parameters."""

from collections.abc import Mapping
from typing import Any

from .description import Description
from .sizes import by_plainness
from .tiny import config_values
from .width import default_config


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


def first_rotary_layer(config: Any) -> int:
    """Index of the first layer that has RoPE by the config's word; 0 where it says nothing."""
    without = layers_without_rope(config)
    return next(index for index in range(len(without) + 1) if index not in without)


def layer_types(description: Description) -> tuple[str, ...]:
    """The types of layers for which a config keeps rotary parameters of their own; none where it does not.

    Kinds that no layer is named by, which a model maps layers to, are none.
    """
    if "layer_types" not in description.fields:
        return ()
    for kept in vars(_tiny_config(description)).values():
        if isinstance(kept, Mapping) and kept and all(_is_rotary(parameters) for parameters in kept.values()):
            return tuple(sorted(kept, key=by_plainness)) if named_layers(description).issuperset(kept) else ()
    return ()


def named_layers(description: Description) -> frozenset[str]:
    """The types of layers that the tiny config, or the one of the class's own defaults, has."""
    configs = (_tiny_config(description), default_config(description.config_class))
    return frozenset(kind for config in configs for kind in getattr(config, "layer_types", None) or ())


def _tiny_config(description: Description) -> Any:
    return description.config_class(**config_values(description, description.cases(8, 8)[0]))


def _stated(config: Any) -> list[int]:
    return getattr(config, "no_rope_layers", None) or getattr(config, "layer_rope_theta", None) or []


def _is_rotary(parameters: Any) -> bool:
    return isinstance(parameters, Mapping) and "rope_theta" in parameters
