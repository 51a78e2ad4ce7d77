"""What the checks need to know of a model, and the cases that they try on it."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .reference import Layout
from .width import ConfigFields, RopeParametersFactor, Width, detect_width


SCALED_ROPE_TYPES = ("linear", "dynamic", "yarn", "llama3", "longrope")


@dataclass(frozen=True)
class Case:
    """One configuration to try.

    Args:
        head_dim: `D`, channels of a head.
        n: rotary width that the config asks for.
        value: what the config's key is set to, in order to ask for `n`.
        rope_type: scaling of the frequencies.
    """

    head_dim: int
    n: int
    value: Any
    rope_type: str = "default"

    @property
    def rotated(self) -> int:
        """Channels that whole pairs cover, `2m` (R1)."""
        return 2 * (self.n // 2)


@dataclass(frozen=True, eq=False)
class Description:
    """A model under test.

    Args:
        config_class: its config class.
        model_class: a model class that takes `input_ids`, `attention_mask` and `position_ids`.
        layout: how channels pair up (R3).
        config_overrides: config keywords that the rules of `tiny` do not find.
        rope_types: the scaled rope types that the model supports; None stands for all of them where the config has
            `rope_parameters`, and for none elsewhere.
    """

    config_class: type
    model_class: type
    layout: Layout
    config_overrides: Mapping[str, Any] = field(default_factory=dict)
    rope_types: tuple[str, ...] | None = None

    @cached_property
    def width(self) -> Width:
        return detect_width(self.config_class)

    @cached_property
    def fields(self) -> ConfigFields:
        return ConfigFields.of(self.config_class)

    @property
    def askable_rope_types(self) -> tuple[str, ...]:
        """The scaled rope types that the config has a key to ask for, supported or not."""
        return SCALED_ROPE_TYPES if isinstance(self.width, RopeParametersFactor) else ()

    @property
    def supported_rope_types(self) -> tuple[str, ...]:
        return self.askable_rope_types if self.rope_types is None else self.rope_types

    @property
    def takes_position_ids(self) -> bool:
        return "position_ids" in inspect.signature(self.model_class.forward).parameters

    def cases(self, head_dim: int, n: int, rope_type: str = "default") -> list[Case]:
        """One case for every way of writing this width into the config."""
        return [Case(head_dim, n, value, rope_type) for value in self.width.values(n, head_dim)]
