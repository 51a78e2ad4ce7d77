"""The ways in which a config is asked for a rotary width."""

import dataclasses
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .reference import rotary_ndims


# RoFormer's, arXiv:2104.09864, section 3.2.2, which models without a key for it use.
FIXED_BASE = 10000.0


class Width(Protocol):
    """How a width is written into a config: the key, the values for a width, and values that no width has."""

    key: str
    base: float
    takes_rope_type: bool

    def values(self, n: int, head_dim: int) -> list[Any]:
        """Every value of the key that means `n` of `head_dim` channels."""

    def out_of_range(self, head_dim: int) -> list[Any]:
        """Values that must be refused (R6)."""

    def config_values(self, value: Any, scaling: Mapping[str, Any] | None) -> dict[str, Any]:
        """Config keywords that ask for `value`, under a rope type where the config takes one."""

    def read(self, config: Any, head_dim: int) -> tuple[int, float]:
        """The width and the base that the attributes of a config state."""


class _Factor:
    key = "partial_rotary_factor"
    # Small, so that the slowest pair of a tiny head still turns visibly; not any model's default.
    base = 100.0

    def values(self, n: int, head_dim: int) -> list[float]:
        return [factor_for(n, head_dim)]

    def out_of_range(self, head_dim: int) -> list[Any]:
        return [-0.25, 1.5, math.nan, "half"]


class RopeParametersFactor(_Factor):
    """`rope_parameters={"rope_type", "rope_theta", "partial_rotary_factor"}`, as in the 5.x releases."""

    takes_rope_type = True

    def config_values(self, value: Any, scaling: Mapping[str, Any] | None) -> dict[str, Any]:
        scaling = {"rope_type": "default"} if scaling is None else dict(scaling)
        return {"rope_parameters": scaling | {"rope_theta": self.base, "partial_rotary_factor": value}}

    def read(self, config: Any, head_dim: int) -> tuple[int, float]:
        # Under whatever name the config keeps them.
        parameters = next(x for x in vars(config).values() if isinstance(x, dict) and "rope_theta" in x)
        return rotary_ndims(head_dim, parameters.get("partial_rotary_factor", 1.0)), parameters["rope_theta"]


class FlatFactor(_Factor):
    """Keywords of the config itself, as in the 4.x releases: `partial_rotary_factor` or `rotary_pct`, and others.

    Args:
        key: the name of the factor.
        base_key: the name of the base; None where the config has none.
        takes_rope_type: whether `rope_scaling` is heard.
    """

    def __init__(self, key: str, base_key: str | None, takes_rope_type: bool):
        self.key = key
        self.base_key = base_key
        self.takes_rope_type = takes_rope_type
        self.base = FIXED_BASE if base_key is None else _Factor.base

    def config_values(self, value: Any, scaling: Mapping[str, Any] | None) -> dict[str, Any]:
        values = {self.key: value}
        if self.base_key is not None:
            values[self.base_key] = self.base
        if scaling is not None:
            values["rope_scaling"] = dict(scaling)
        return values

    def read(self, config: Any, head_dim: int) -> tuple[int, float]:
        base = FIXED_BASE if self.base_key is None else getattr(config, self.base_key)
        return rotary_ndims(head_dim, getattr(config, self.key, 1.0)), base


class RotaryDim:
    """`rotary_dim`, a number of channels, or None for the whole head; the base is fixed."""

    key = "rotary_dim"
    base = FIXED_BASE
    takes_rope_type = False

    def values(self, n: int, head_dim: int) -> list[int | None]:
        return [n, None] if n == head_dim else [n]

    def out_of_range(self, head_dim: int) -> list[Any]:
        return [-1, head_dim + 1]

    def config_values(self, value: Any, scaling: Mapping[str, Any] | None) -> dict[str, Any]:
        return {"rotary_dim": value}

    def read(self, config: Any, head_dim: int) -> tuple[int, float]:
        return (head_dim if config.rotary_dim is None else config.rotary_dim), self.base


@dataclass(frozen=True)
class ConfigFields:
    """Names that a config class takes by keyword, with their defaults."""

    defaults: Mapping[str, Any]

    @classmethod
    def of(cls, config_class: type) -> "ConfigFields":
        parameters = inspect.signature(config_class.__init__).parameters.values()
        defaults = {p.name: p.default for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
        if dataclasses.is_dataclass(config_class):
            defaults |= {field.name: field.default for field in dataclasses.fields(config_class)}
        return cls(defaults)

    def __contains__(self, name: str) -> bool:
        return name in self.defaults


def factor_for(n: int, head_dim: int) -> float:
    """A factor with `int(head_dim * factor) == n`: `n / head_dim`, or half a channel more where rounding loses one."""
    exact = n / head_dim
    return exact if rotary_ndims(head_dim, exact) == n else (n + 0.5) / head_dim


def detect_width(config_class: type, code: str) -> Width:
    """The way of asking that the config's own keywords show.

    Args:
        config_class: the config class.
        code: the source of the model; a mention of `rope_scaling` shows that it hears one that no keyword declares.
    """
    fields = ConfigFields.of(config_class)
    if "rotary_dim" in fields:
        return RotaryDim()
    if "rope_parameters" in fields:
        return RopeParametersFactor()
    key = "rotary_pct" if "rotary_pct" in fields else "partial_rotary_factor"
    base_key = next((name for name in ("rope_theta", "rotary_emb_base") if name in fields), None)
    return FlatFactor(key, base_key, "rope_scaling" in fields or "rope_scaling" in code)
