"""Which kind of layers has which parameters, as a config says."""

from collections.abc import Mapping
from typing import Any

from ..harness.config_fields import default_config
from ..harness.tiny_config import by_plainness
from .spec import RotarySpec


def layer_types(spec: RotarySpec) -> tuple[str, ...]:
    """The types of layers for which a config keeps rotary parameters of their own; none where it does not.

    Kinds that no layer is named by, which a model maps layers to, are none.
    """
    if "layer_types" not in spec.fields:
        return ()
    for kept in vars(_tiny_config(spec)).values():
        if isinstance(kept, Mapping) and kept and all(_is_rotary(parameters) for parameters in kept.values()):
            return tuple(sorted(kept, key=by_plainness)) if named_layers(spec).issuperset(kept) else ()
    return ()


def named_layers(spec: RotarySpec) -> frozenset[str]:
    """The types of layers that the tiny config, or the one of the class's own defaults, has."""
    configs = (_tiny_config(spec), default_config(spec.config_class))
    return frozenset(kind for config in configs for kind in getattr(config, "layer_types", None) or ())


def _tiny_config(spec: RotarySpec) -> Any:
    return spec.config_class(**spec.config_values(spec.cases_of(8, 8)[0]))


def _is_rotary(parameters: Any) -> bool:
    return isinstance(parameters, Mapping) and "rope_theta" in parameters
