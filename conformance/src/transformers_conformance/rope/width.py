"""How to ask a config for a rotary width."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..harness.config_fields import ConfigFields, default_config
from ..harness.sizes import NUM_LAYERS
from .reading import Reading
from .reference import rotary_ndims


# The base of RoFormer, arXiv:2104.09864, section 3.2.2. Models without a key for the base use it.
FIXED_BASE = 10000.0
_FLAT_BASES = ("rope_theta", "rotary_emb_base", "global_rope_theta")
_LOCAL_BASES = ("rope_local_base_freq", "local_rope_theta")  # for layers with a sliding window
_MROPE_SECTION = (16, 24, 24)  # the section of Qwen2-VL, for a head of 128 channels


class Width(Protocol):
    """How a config states a width: the key, the values for a width, and values out of range."""

    key: str
    base: float
    takes_rope_type: bool
    no_default: str | None  # the reason if a config without rotary keywords has no definite width, else None

    def values(self, n: int, head_dim: int) -> list[Any]:
        """Every value of the key that means `n` of `head_dim` channels."""

    def out_of_range(self, head_dim: int) -> list[Any]:
        """Values that must be refused (R6)."""

    def bounds(self, head_dim: int) -> tuple[int, ...]:
        """The numbers that state the range of the key."""

    def config_values(self, value: Any, scaling: Mapping[str, Any] | None, head_dim: int) -> dict[str, Any]:
        """Config keywords that ask for `value`, with a rope type if the config takes one."""

    def slice_width(self, n: int) -> int:
        """The number of last channels that are set apart for a width of `n`, if the last channels of a head rotate."""

    def table_head_dim(self, n: int, head_dim: int) -> int:
        """The number of channels that a "proportional" table covers for a width of `n`; some of them do not turn."""

    def read(self, config: Any, head_dim: int) -> tuple[int, float]:
        """The width and the base that the attributes of a config state."""

    def read_scaling(self, config: Any) -> Mapping[str, Any] | None:
        """The parameters of the scaled rope type that the attributes of a config state, or None."""


class _PartOfHead:
    """The width is a part of a head, whose other channels pass."""

    no_default: str | None = None

    def slice_width(self, n: int) -> int:
        return 2 * (n // 2)  # the width of the table (R4)

    def table_head_dim(self, n: int, head_dim: int) -> int:
        return head_dim

    def read_scaling(self, config: Any) -> None:
        return None


class _Factor(_PartOfHead):
    key = "partial_rotary_factor"
    # Small, so that the slowest pair of a tiny head still turns visibly; not any model's default.
    base = 100.0

    def values(self, n: int, head_dim: int) -> list[float]:
        return [factor_for(n, head_dim)]

    def out_of_range(self, head_dim: int) -> list[Any]:
        return [-0.25, 1.5, math.nan, "half"]

    def bounds(self, head_dim: int) -> tuple[int, ...]:
        return 0, 1

    def _divided(self, value: Any, scaling: Mapping[str, Any] | None, head_dim: int) -> int:
        """The number of channels that `mrope_section` divides among the axes."""
        # The sections of a "proportional" table also have the pairs that do not turn.
        whole = scaling is not None and scaling.get("rope_type") == "proportional"
        return (
            rotary_ndims(head_dim, value) if isinstance(value, float) and 0 <= value <= 1 and not whole else head_dim
        )


class RopeParametersFactor(_Factor):
    """`rope_parameters={"rope_type", "rope_theta", "partial_rotary_factor"}`, as in the 5.x releases.

    Args:
        form: other keys that the model needs.
    """

    takes_rope_type = True

    def __init__(self, form: "RopeParametersForm"):
        self.form = form
        self.no_default = form.no_default

    def config_values(self, value: Any, scaling: Mapping[str, Any] | None, head_dim: int) -> dict[str, Any]:
        return self.form.by_kind(self.parameters(value, scaling, head_dim))

    def parameters(self, value: Any, scaling: Mapping[str, Any] | None, head_dim: int) -> dict[str, Any]:
        """The rotary parameters of one kind of layers."""
        asked = {"rope_theta": self.base, "partial_rotary_factor": value}
        return self.form.parameters(asked, scaling, self._divided(value, scaling, head_dim))

    def read(self, config: Any, head_dim: int) -> tuple[int, float]:
        parameters = kept_parameters(config)
        return rotary_ndims(head_dim, parameters.get("partial_rotary_factor", 1.0)), parameters["rope_theta"]

    def read_scaling(self, config: Any) -> Mapping[str, Any] | None:
        parameters = kept_parameters(config)
        return parameters if parameters.get("rope_type", "default") != "default" else None


class RopeHeadDim:
    """`qk_rope_head_dim`: the channels that rotate have their own projection; `qk_nope_head_dim` others have another.

    DeepSeek-V2, arXiv:2405.04434, section 2.1.3.
    """

    key = "qk_rope_head_dim"
    base = _Factor.base
    takes_rope_type = True
    no_default = "its rotary width is a size of the model"

    def __init__(self, form: "RopeParametersForm", takes_head_dim: bool):
        self.form = form
        self.takes_head_dim = takes_head_dim

    def slice_width(self, n: int) -> int:
        return n

    def table_head_dim(self, n: int, head_dim: int) -> int:
        return n  # the other channels have another projection

    def values(self, n: int, head_dim: int) -> list[int]:
        return [n]

    def out_of_range(self, head_dim: int) -> list[Any]:
        return [-1]

    def bounds(self, head_dim: int) -> tuple[int, ...]:
        return (0,)

    def config_values(self, value: Any, scaling: Mapping[str, Any] | None, head_dim: int) -> dict[str, Any]:
        sizes = {"qk_rope_head_dim": value, "qk_nope_head_dim": head_dim - value}
        if self.takes_head_dim:
            sizes["head_dim"] = value  # the table is made for this width
        return sizes | self._rotation(scaling, value)

    def read(self, config: Any, head_dim: int) -> tuple[int, float]:
        return config.qk_rope_head_dim, kept_parameters(config)["rope_theta"]

    def read_scaling(self, config: Any) -> Mapping[str, Any] | None:
        return RopeParametersFactor(self.form).read_scaling(config)

    def _rotation(self, scaling: Mapping[str, Any] | None, n: int) -> dict[str, Any]:
        return self.form.by_kind(self.form.parameters({"rope_theta": self.base}, scaling, n))


class FlatRopeHeadDim(RopeHeadDim):
    """`qk_rope_head_dim`, with flat keywords for base and rope type, as in the 4.x releases."""

    def __init__(self, flat: "FlatFactor", takes_head_dim: bool):
        self.flat = flat
        self.takes_rope_type = flat.takes_rope_type
        self.takes_head_dim = takes_head_dim

    def read(self, config: Any, head_dim: int) -> tuple[int, float]:
        return config.qk_rope_head_dim, self.flat.read(config, head_dim)[1]

    def read_scaling(self, config: Any) -> None:
        return None

    def _rotation(self, scaling: Mapping[str, Any] | None, n: int) -> dict[str, Any]:
        return self.flat.rotation(scaling, n)


class FlatFactor(_Factor):
    """Flat keywords of the config, as in the 4.x releases: `partial_rotary_factor` or `rotary_pct`, and others.

    Args:
        key: the name of the factor.
        base_key: the name of the base; None if the config has no such key.
        takes_rope_type: whether `rope_scaling` counts.
        form: other keys that the model needs in `rope_scaling`.
        local_base_key: the name of the base of layers with a sliding window, if they have their own.
        scales_all: whether `rope_scaling` also scales layers with a sliding window. If not, all layers of a scaled
            config have full attention.
        names_default: whether the default rope type must be named, because the config's default is another type, or
            because the model always reads `rope_scaling`.
    """

    def __init__(
        self,
        key: str,
        base_key: str | None,
        takes_rope_type: bool,
        form: "RopeParametersForm",
        local_base_key: str | None = None,
        scales_all: bool = True,
        names_default: bool = False,
    ):
        self.key = key
        self.base_key = base_key
        self.takes_rope_type = takes_rope_type
        self.form = form
        self.local_base_key = local_base_key
        self.scales_all = scales_all
        self.names_default = names_default
        self.no_default = form.no_default
        if local_base_key is not None:
            self.no_default = "layers with a sliding window have a base of their own"
        self.base = FIXED_BASE if base_key is None else _Factor.base

    def config_values(self, value: Any, scaling: Mapping[str, Any] | None, head_dim: int) -> dict[str, Any]:
        return {self.key: value} | self.rotation(scaling, self._divided(value, scaling, head_dim))

    def rotation(self, scaling: Mapping[str, Any] | None, n: int) -> dict[str, Any]:
        """Config keywords for base and rope type (not the width), for a rotation of `n` channels."""
        values: dict[str, Any] = {key: self.base for key in (self.base_key, self.local_base_key) if key is not None}
        if scaling is not None or self.names_default or self.form.mrope_section:
            values["rope_scaling"] = self.form.parameters({}, scaling, n)
        if scaling is not None and not self.scales_all:
            values |= {"layer_types": ["full_attention"] * NUM_LAYERS, "num_hidden_layers": NUM_LAYERS}
        return values

    def read(self, config: Any, head_dim: int) -> tuple[int, float]:
        base = FIXED_BASE if self.base_key is None else getattr(config, self.base_key)
        return rotary_ndims(head_dim, getattr(config, self.key, 1.0)), base

    def read_scaling(self, config: Any) -> Mapping[str, Any] | None:
        return config.rope_scaling if self.names_default else None


class RotaryDim(_PartOfHead):
    """`rotary_dim`, a number of channels, or None for the whole head; the base is fixed."""

    key = "rotary_dim"
    base = FIXED_BASE
    takes_rope_type = False

    def values(self, n: int, head_dim: int) -> list[int | None]:
        return [n, None] if n == head_dim else [n]

    def out_of_range(self, head_dim: int) -> list[Any]:
        return [-1, head_dim + 1]

    def bounds(self, head_dim: int) -> tuple[int, ...]:
        return 0, head_dim

    def config_values(self, value: Any, scaling: Mapping[str, Any] | None, head_dim: int) -> dict[str, Any]:
        return {"rotary_dim": value}

    def read(self, config: Any, head_dim: int) -> tuple[int, float]:
        return (head_dim if config.rotary_dim is None else config.rotary_dim), self.base


def kept_parameters(config: Any) -> Mapping[str, Any]:
    """The rotary parameters of a config, under any attribute; if it keeps them by layer type, those of the first."""
    dicts = [x for x in vars(config).values() if isinstance(x, Mapping)]
    inner = [x for outer in dicts for x in outer.values()]
    return next(x for x in (*dicts, *inner) if _is_rotary(x))


def rotary_kinds(config_class: type) -> Mapping[str, bool]:
    """The layer types for which a config keeps parameters by default, and whether each one rotates.

    Empty if the config keeps one set of parameters for all layers.
    """
    kept = getattr(default_config(config_class), "rope_parameters", None) or {}
    kinds = {kind: _is_rotary(parameters) for kind, parameters in kept.items()}
    known = all(rotary or kept[kind] is None for kind, rotary in kinds.items())
    return kinds if known and any(kinds.values()) else {}


def _is_rotary(parameters: Any) -> bool:
    return isinstance(parameters, Mapping) and "rope_theta" in parameters


@dataclass(frozen=True)
class RopeParametersForm:
    """The form of `rope_parameters` for a config class, where it differs from the usual form.

    Args:
        kinds: the layer types with parameters of their own, and whether each one rotates. All get the same parameters.
        mrope_section: the default number of pairs of each axis (Qwen2-VL, arXiv:2409.12191, section 2.1), if the
            model divides pairs among axes. The positions of text are the same on all axes.
        scales_by_position: whether the model also scales queries by their positions. The checks turn this off.
        rest_axis: the axis that gets the pairs that cannot be divided evenly: the axis whose default number is unlike
            all others, if it can have more pairs than others, or else the first.
    """

    kinds: Mapping[str, bool]
    mrope_section: tuple[int, ...]
    scales_by_position: bool
    rest_axis: int = 0

    @classmethod
    def of(cls, config_class: type, reading: Reading) -> "RopeParametersForm":
        keys = reading.keys
        kept = getattr(default_config(config_class), "rope_parameters", None) or {}
        section = tuple(kept.get("mrope_section") or keys.get("mrope_section") or ())
        if "mrope_section" in keys and not section:
            section = _MROPE_SECTION
        unlike = [axis for axis, pairs in enumerate(section) if section.count(pairs) == 1][:1]
        rest = next((axis for axis in unlike if axis == 0 or reading.can_fill(axis, len(section))), 0)
        kinds = rotary_kinds(config_class) or dict.fromkeys(reading.kinds, True)
        return cls(kinds, section, "llama_4_scaling_beta" in keys, rest)

    @property
    def plain(self) -> bool:
        return not (self.kinds or self.mrope_section or self.scales_by_position)

    @property
    def no_default(self) -> str | None:
        return None if self.plain else "its rope_parameters say more than a width and a base"

    def _section(self, pairs: int) -> list[int]:
        """The same number of pairs for each axis, and the remaining pairs for one."""
        axes = len(self.mrope_section)
        section = [pairs // axes] * axes
        section[self.rest_axis] += pairs % axes
        return section

    def parameters(self, asked: Mapping[str, Any], scaling: Mapping[str, Any] | None, n: int) -> dict[str, Any]:
        """The parameters of a rotation of `n` channels.

        Args:
            asked: parameters that every rope type takes.
            scaling: a scaled rope type and its parameters, or None.
        """
        parameters = {"rope_type": "default"} if scaling is None else dict(scaling)
        parameters |= asked
        if self.mrope_section:
            parameters["mrope_section"] = self._section(n // 2)
        if self.scales_by_position:
            parameters = {"original_max_position_embeddings": 1, "llama_4_scaling_beta": 0.0} | parameters
        return parameters

    def by_kind(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The config keyword that gives these parameters to all layers that rotate."""
        if self.kinds:  # layer types that do not rotate come first: code that reads only the first type fails
            kinds = sorted(self.kinds.items(), key=lambda kind: kind[1])
            return {"rope_parameters": {kind: dict(parameters) if own else None for kind, own in kinds}}
        return {"rope_parameters": dict(parameters)}


def factor_for(n: int, head_dim: int) -> float:
    """A factor with `int(head_dim * factor) == n`: `n / head_dim`, or half a channel more if rounding loses one."""
    exact = n / head_dim
    return exact if rotary_ndims(head_dim, exact) == n else (n + 0.5) / head_dim


def detect_width(config_class: type, reading: Reading) -> Width:
    """The way to ask this config for a width, found by the config's keywords.

    Args:
        config_class: the config class.
        reading: what the model reads. If it uses a rope type, it takes `rope_scaling` even if no keyword of the
            config declares it.
    """
    fields = ConfigFields.of(config_class)
    if "rotary_dim" in fields and "rope_parameters" not in fields:
        return RotaryDim()
    form = RopeParametersForm.of(config_class, reading)
    if "rope_parameters" in fields:
        if "qk_rope_head_dim" in fields:
            return RopeHeadDim(form, takes_head_dim="head_dim" in fields)
        return RopeParametersFactor(form)
    key = "rotary_pct" if "rotary_pct" in fields else "partial_rotary_factor"
    base_key, local_base_key = (
        next((name for name in names if name in fields), None) for names in (_FLAT_BASES, _LOCAL_BASES)
    )
    scales_all = "layer_types" not in fields or reading.scales_all
    takes_rope_type = "rope_scaling" in fields or reading.takes_rope_type
    stated = "rope_scaling" in fields and getattr(default_config(config_class), "rope_scaling", None) or {}
    names_default = stated.get("rope_type", "default") != "default" or reading.needs_rope_type
    flat = FlatFactor(key, base_key, takes_rope_type, form, local_base_key, scales_all, names_default)
    if "qk_rope_head_dim" in fields:
        return FlatRopeHeadDim(flat, takes_head_dim="head_dim" in fields)
    return flat
