"""What the checks need to know of a model, and the cases that they try on it."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from .case import Case
from .deviation import Deviation
from .entry import LAYERS, entered_class
from .reference import Layout
from .width import ConfigFields, Width, detect_width


SCALED_ROPE_TYPES = ("linear", "dynamic", "yarn", "llama3", "longrope")
# A type, and what else it is asked for beside its required keys: `tiny.scaling_parameters` says how.
ROPE_TYPE_OPTIONS = (
    "yarn+mscale",
    "yarn+mscale_alone",
    "yarn+attention_factor",
    "yarn+untruncated",
    "yarn+defaults",
    "yarn+inferred",
    "yarn+unscaled",
    "yarn+shrunk",
    "yarn+falling",
    "yarn+step",
    "yarn+clamped",
    "longrope+within",
    "longrope+attention_factor",
    "longrope+inferred",
    "longrope+unscaled",
    "longrope+shrunk",
    "llama3+limit",
    "proportional",
)


@dataclass(frozen=True, eq=False)
class Description:
    """A model under test.

    Args:
        config_class: its config class.
        model_class: a model class that takes `input_ids`, `attention_mask` and `position_ids`; others by `entry`.
        layout: how channels pair up (R3).
        config_overrides: config keywords that the rules of `tiny` do not find.
        rope_types: the scaled rope types that the model supports; None stands for all that the release knows where
            the config can be asked for one, and for none elsewhere.
        exceptions: where the model is known to break properties, and why.
        rotated_last: whether the channels that rotate are the last of a head, and not the first.
        normed_after_rotation: whether q and k pass a norm with weights after they are rotated; those are then all 1,
            since others would turn a pair once more.
        entry: where tokens enter, as `entered_class` takes it.
        score_scale: what multiplies the products of q and k before the softmax, of heads of eight channels, where it
            is neither `8^-0.5` nor said by the config: some models scale q before, or not at all.
    """

    config_class: type
    model_class: type
    layout: Layout
    config_overrides: Mapping[str, Any] = field(default_factory=dict)
    rope_types: tuple[str, ...] | None = None
    exceptions: tuple[Deviation, ...] = ()
    rotated_last: bool = False
    normed_after_rotation: bool = False
    entry: str = "input_ids"
    score_scale: float | None = None

    @cached_property
    def entered_class(self) -> type:
        """The class that the checks build, which takes `input_ids`."""
        return entered_class(self.model_class, self.config_class, self.entry)

    @cached_property
    def width(self) -> Width:
        return detect_width(self.config_class, self.code)

    @cached_property
    def fields(self) -> ConfigFields:
        return ConfigFields.of(self.config_class)

    @cached_property
    def code(self) -> str:
        """The source of the module that defines the model."""
        return inspect.getsource(inspect.getmodule(self.model_class))

    @property
    def askable_rope_types(self) -> tuple[str, ...]:
        """The scaled rope types that the config has a key to ask for, supported or not."""
        return SCALED_ROPE_TYPES + ROPE_TYPE_OPTIONS if self.width.takes_rope_type else ()

    @property
    def supported_rope_types(self) -> tuple[str, ...]:
        supported = ROPE_INIT_FUNCTIONS if self.rope_types is None else self.rope_types
        return tuple(x for x in self.askable_rope_types if x.partition("+")[0] in supported)

    def mentions(self, key: str) -> bool:
        """Whether the config declares a key, or its class's own code names it, as it does a key of an older form."""
        return key in self.fields or f'"{key}"' in inspect.getsource(self.config_class)

    @property
    def names_a_base(self) -> bool:
        """Whether the config's class says anything of its base, or leaves it to what all classes share."""
        return re.search("theta|emb_base", inspect.getsource(self.config_class)) is not None

    @property
    def model_type(self) -> str:
        return self.config_class.model_type or self.config_class.__name__

    @property
    def takes_cache(self) -> bool:
        """Whether a pass can be given the keys and values of earlier tokens."""
        return "past_key_values" in inspect.signature(self.entered_class.forward).parameters

    @property
    def takes_position_ids(self) -> bool:
        return "position_ids" in inspect.signature(self.entered_class.forward).parameters

    @property
    def layers_alone(self) -> bool:
        """Whether nothing but its rotary module and its layers run."""
        return self.entry == LAYERS

    def cases(self, head_dim: int, n: int, rope_type: str = "default") -> list[Case]:
        """One case for every way of writing this width into the config."""
        return [Case(head_dim, n, value, rope_type) for value in self.width.values(n, head_dim)]
