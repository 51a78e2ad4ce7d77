"""Reads from a config which layer types have rotary parameters of their own."""

from collections.abc import Mapping
from typing import Any

from ..harness.config_fields import default_config
from ..harness.tiny_config import by_plainness
from .spec import RotarySpec


def layer_types(spec: RotarySpec) -> tuple[str, ...]:
    """The layer types for which a config keeps rotary parameters; empty if it keeps none by layer type.

    The result is also empty if some of these types are not in `layer_types` and the model maps its layers to them.
    """
    if "layer_types" not in spec.fields:
        return ()
    for kept in vars(_tiny_config(spec)).values():
        if isinstance(kept, Mapping) and kept and all(_is_rotary(parameters) for parameters in kept.values()):
            return tuple(sorted(kept, key=by_plainness)) if named_layers(spec).issuperset(kept) else ()
    return ()


def named_layers(spec: RotarySpec) -> frozenset[str]:
    """The layer types of the tiny config, and those of the config with the class's defaults."""
    configs = (_tiny_config(spec), default_config(spec.config_class))
    return frozenset(kind for config in configs for kind in getattr(config, "layer_types", None) or ())


def _tiny_config(spec: RotarySpec) -> Any:
    return spec.config_class(**spec.config_values(spec.cases_of(8, 8)[0]))


def _is_rotary(parameters: Any) -> bool:
    return isinstance(parameters, Mapping) and "rope_theta" in parameters
