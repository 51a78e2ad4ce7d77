"""The ways in which a rotation can be written into a config: today's keys and older ones, flat and nested."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .case import NUM_LAYERS
from .description import Case, Description
from .layers import named_layers
from .refusal import MISSING, refuses
from .tiny import MAX_POSITION_EMBEDDINGS, scaling_parameters, size_values
from .width import FlatFactor, RopeParametersFactor


_LINEAR = {"rope_type": "linear", "factor": 4.0}
# As releases before 4.43 named it.
_LINEAR_BY_TYPE = {"type": "linear", "factor": 4.0}
_ORIGINAL = "original_max_position_embeddings"
_BY_LENGTH = frozenset({"yarn", "longrope", "llama3"})  # which scale by it; left out, it is the configured one


@dataclass(frozen=True)
class Spelling:
    """One way of asking for a case.

    Args:
        values: config keywords, all of which must count.
        scaling: the rope type that they ask for, as the reference takes it; None for the default one.
    """

    values: Mapping[str, Any]
    scaling: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.values.items())


def spellings(description: Description, case: Case) -> Iterator[Spelling]:
    """Every way of asking for a case that the config declares, or whose older form its class knows."""
    width = description.width
    canonical = width.config_values(case.value, None, case.head_dim)
    yield Spelling(canonical)
    if description.fields.defaults.get("head_dim", case.head_dim) is None:
        # Derived from the width of the model; a config may say so.
        yield Spelling(canonical | {"head_dim": None})
    linear = "linear" in description.supported_rope_types
    if isinstance(width, FlatFactor) and linear:
        yield Spelling(width.config_values(case.value, _LINEAR, case.head_dim), _LINEAR)
        yield Spelling(width.config_values(case.value, _LINEAR_BY_TYPE, case.head_dim), _LINEAR)
    if not isinstance(width, RopeParametersFactor):
        return
    flat = {"partial_rotary_factor": case.value, "rope_theta": width.base}
    if _ORIGINAL not in description.fields and _fills_in(description) and not width.form.scales_by_position:
        kinds = [kind for kind in width.form.kinds if kind in named_layers(description)]
        for rope_type in _BY_LENGTH.intersection(description.supported_rope_types):
            scaling = scaling_parameters(replace(case, rope_type=rope_type)) | {_ORIGINAL: MAX_POSITION_EMBEDDINGS}
            rest = {key: value for key, value in scaling.items() if key != _ORIGINAL}
            yield Spelling(width.config_values(case.value, rest, case.head_dim), scaling)
            for kind in kinds if len(kinds) > 1 else ():  # all layers are of it, and it alone has parameters
                layers = {"layer_types": [kind] * NUM_LAYERS, "num_hidden_layers": NUM_LAYERS}
                yield Spelling(layers | flat | {"rope_parameters": dict.fromkeys(kinds) | {kind: dict(rest)}}, scaling)
    if not width.form.plain:
        return
    unasked = description.config_class(**size_values(description, case.head_dim))
    stated = width.read_scaling(unasked)
    if case.n == width.read(unasked, case.head_dim)[0]:
        yield Spelling({"rope_parameters": {"rope_type": "default", "rope_theta": width.base}})
        for rope_type in description.supported_rope_types:
            scaling = scaling_parameters(replace(case, rope_type=rope_type))
            yield Spelling({"rope_parameters": {"rope_theta": width.base} | scaling}, scaling)
        if "proportional" in description.supported_rope_types:
            plain = {"rope_type": "proportional"}  # its factor is optional
            yield Spelling({"rope_parameters": {"rope_theta": width.base} | plain}, plain)
    forms = [flat]
    if description.mentions("rotary_pct"):
        forms.append({"rotary_pct": case.value, "rope_theta": width.base})
    if description.mentions("rotary_emb_base"):
        forms.append({"partial_rotary_factor": case.value, "rotary_emb_base": width.base})
    for form in forms:
        yield Spelling(form, stated)
        yield Spelling(form | {"rope_parameters": {"rope_type": "default"}})
        if linear:
            yield Spelling(form | {"rope_parameters": dict(_LINEAR)}, _LINEAR)
            yield Spelling(form | {"rope_scaling": dict(_LINEAR)}, _LINEAR)
            yield Spelling(form | {"rope_scaling": dict(_LINEAR_BY_TYPE)}, _LINEAR)
    if linear:
        yield Spelling({"rope_scaling": _LINEAR | flat}, _LINEAR)
        yield Spelling({"rope_parameters": _LINEAR_BY_TYPE | flat}, _LINEAR)


def _fills_in(description: Description) -> bool:
    """Whether its config leaves it to what all configs share to fill in what older forms left out."""
    convert = getattr(description.config_class, "convert_rope_params_to_dict", None)
    return convert is None or convert.__module__ == "transformers.modeling_rope_utils"


@dataclass(frozen=True)
class Fault:
    """Parameters of a rope type that must be refused.

    Args:
        key: the one that is at fault.
        told: how its value may be told: as it was written, or, of a list, by its length.
        bounds: of the range.
    """

    parameters: Mapping[str, Any]
    key: str
    told: tuple[Any, ...]
    bounds: tuple[int, ...] = ()

    def refused_by(self, error: Exception) -> bool:
        return any(refuses(error, {self.key: value}, self.bounds) for value in self.told)


def faulty(description: Description, case: Case) -> Iterator[Fault]:
    """An unknown rope type, keys that are missing, lists of the wrong length."""
    yield Fault({"rope_type": "nonsense"}, "rope_type", ("nonsense",))
    pairs = case.n // 2
    complete = {
        "linear": {"factor": 4.0},
        "dynamic": {"factor": 4.0},
        "yarn": {"factor": 4.0},
        "llama3": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0},
        "longrope": {"short_factor": [1.0] * pairs, "long_factor": [2.0] * pairs},
    }
    original = {"original_max_position_embeddings": 128}
    for rope_type, parameters in complete.items():
        if rope_type not in description.supported_rope_types:
            continue
        for missing in parameters:
            rest = {key: value for key, value in parameters.items() if key != missing}
            yield Fault({"rope_type": rope_type} | original | rest, missing, (MISSING,))
    if "longrope" in description.supported_rope_types:
        for key in ("short_factor", "long_factor"):
            for length in (pairs - 1, pairs + 1):
                wrong = [1.0] * length
                parameters = {"rope_type": "longrope"} | original | complete["longrope"] | {key: wrong}
                yield Fault(parameters, key, (length, wrong), (pairs,))
