"""All forms in which a config can state the same rotation: new and older keys, flat and nested."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..facts.rope_types import ROPE_TYPES
from ..harness.sizes import MAX_POSITION_EMBEDDINGS, NUM_LAYERS
from .case import Case
from .layer_types import named_layers
from .rope_types import scaling_parameters
from .spec import RotarySpec
from .width import FlatFactor, RopeParametersFactor


_LINEAR = {"rope_type": "linear", "factor": 4.0}
# The name of the key before 4.43.
_LINEAR_BY_TYPE = {"type": "linear", "factor": 4.0}
_ORIGINAL = "original_max_position_embeddings"
# These types scale by the original length. Without this key, it is the configured `max_position_embeddings`.
_BY_LENGTH = frozenset(name for name, one in ROPE_TYPES.items() if one.by_length)


@dataclass(frozen=True)
class EquivalentConfig:
    """One form in which a config states a case.

    Args:
        values: config keywords, all of which must count.
        scaling: the parameters of the rope type that they ask for, for the reference; None for the default type.
    """

    values: Mapping[str, Any]
    scaling: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.values.items())


def equivalent_configs(spec: RotarySpec, case: Case) -> Iterator[EquivalentConfig]:
    """Every form of a case whose keywords the config declares, or whose older keywords its class knows."""
    width = spec.width
    canonical = width.config_values(case.value, None, case.head_dim)
    yield EquivalentConfig(canonical)
    if spec.fields.defaults.get("head_dim", case.head_dim) is None:
        # None means that `head_dim` follows from the width of the model.
        yield EquivalentConfig(canonical | {"head_dim": None})
    linear = "linear" in spec.supported_rope_types
    if isinstance(width, FlatFactor) and linear:
        yield EquivalentConfig(width.config_values(case.value, _LINEAR, case.head_dim), _LINEAR)
        yield EquivalentConfig(width.config_values(case.value, _LINEAR_BY_TYPE, case.head_dim), _LINEAR)
    if not isinstance(width, RopeParametersFactor):
        return
    flat = {"partial_rotary_factor": case.value, "rope_theta": width.base}
    if _ORIGINAL not in spec.fields and _fills_in(spec) and not width.form.scales_by_position:
        kinds = [kind for kind in width.form.kinds if kind in named_layers(spec)]
        for rope_type in _BY_LENGTH.intersection(spec.supported_rope_types):
            scaling = scaling_parameters(replace(case, rope_type=rope_type)) | {_ORIGINAL: MAX_POSITION_EMBEDDINGS}
            rest = {key: value for key, value in scaling.items() if key != _ORIGINAL}
            yield EquivalentConfig(width.config_values(case.value, rest, case.head_dim), scaling)
            for kind in (
                kinds if len(kinds) > 1 else ()
            ):  # all layers are of this kind, and only this kind has parameters
                layers = {"layer_types": [kind] * NUM_LAYERS, "num_hidden_layers": NUM_LAYERS}
                yield EquivalentConfig(
                    layers | flat | {"rope_parameters": dict.fromkeys(kinds) | {kind: dict(rest)}}, scaling
                )
    if not width.form.plain:
        return
    unasked = spec.config_class(**spec.size_values(case.head_dim))
    stated = width.read_scaling(unasked)
    if case.n == width.read(unasked, case.head_dim)[0]:
        yield EquivalentConfig({"rope_parameters": {"rope_type": "default", "rope_theta": width.base}})
        for rope_type in spec.supported_rope_types:
            scaling = scaling_parameters(replace(case, rope_type=rope_type))
            yield EquivalentConfig({"rope_parameters": {"rope_theta": width.base} | scaling}, scaling)
        if "proportional" in spec.supported_rope_types:
            plain = {"rope_type": "proportional"}  # its factor is optional
            yield EquivalentConfig({"rope_parameters": {"rope_theta": width.base} | plain}, plain)
    forms = [flat]
    if spec.takes_key("rotary_pct"):
        forms.append({"rotary_pct": case.value, "rope_theta": width.base})
    if spec.takes_key("rotary_emb_base"):
        forms.append({"partial_rotary_factor": case.value, "rotary_emb_base": width.base})
    for form in forms:
        yield EquivalentConfig(form, stated)
        yield EquivalentConfig(form | {"rope_parameters": {"rope_type": "default"}})
        if linear:
            yield EquivalentConfig(form | {"rope_parameters": dict(_LINEAR)}, _LINEAR)
            yield EquivalentConfig(form | {"rope_scaling": dict(_LINEAR)}, _LINEAR)
            yield EquivalentConfig(form | {"rope_scaling": dict(_LINEAR_BY_TYPE)}, _LINEAR)
    if linear:
        yield EquivalentConfig({"rope_scaling": _LINEAR | flat}, _LINEAR)
        yield EquivalentConfig({"rope_parameters": _LINEAR_BY_TYPE | flat}, _LINEAR)


def _fills_in(spec: RotarySpec) -> bool:
    """Whether the config class uses the shared code of all configs that completes older forms."""
    convert = getattr(spec.config_class, "convert_rope_params_to_dict", None)
    return convert is None or convert.__module__ == "transformers.modeling_rope_utils"
