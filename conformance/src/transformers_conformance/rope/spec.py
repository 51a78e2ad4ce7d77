"""Describes a model that rotates by positions, and the cases that the checks try on it."""

from dataclasses import KW_ONLY, dataclass
from functools import cached_property, partial
from typing import Any

from torch import nn
from transformers import PretrainedConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from ..facts.rope_types import SCALED_ROPE_TYPES
from ..harness.model_spec import ModelSpec
from ..harness.tiny import level, level_norms_of_heads, model_of_config
from .case import Case
from .frequencies import holds_table
from .layers import layers_without_rope
from .reading import Reading
from .reference import Layout
from .rope_types import ROPE_TYPE_OPTIONS, scaling_parameters
from .width import FIXED_BASE, Width, detect_width


@dataclass(frozen=True, eq=False)
class RotarySpec(ModelSpec):
    """A model whose heads rotate by positions.

    Args:
        layout: how channels pair up (R3).
        rope_types: the scaled rope types that the model supports. None means all types of the release if the config
            has a key for a rope type, and else no type.
        rotated_last: whether the channels that rotate are the last of a head, and not the first.
        normed_after_rotation: whether q and k pass a norm with weights after they are rotated. The checks then set
            these weights to 1, because other weights would turn a pair again.
        scaled_after_rotation: the parameters, by the end of their names, that channels of q or k are multiplied by
            after they are rotated, without a norm. The checks set them to 1, too.
        score_scale: the factor of the products of q and k before the softmax, in heads of eight channels. It is needed
            if it is not `8^-0.5` and the config does not state it: some models scale q earlier, or not at all.
        others: as in `ModelSpec`.
    """

    layout: Layout
    _: KW_ONLY
    rope_types: tuple[str, ...] | None = None
    rotated_last: bool = False
    normed_after_rotation: bool = False
    scaled_after_rotation: tuple[str, ...] = ()
    score_scale: float | None = None

    @property
    def reading(self) -> Reading:
        return Reading(self.config_class, self.size_values, partial(model_of_config, self))

    @cached_property
    def width(self) -> Width:
        return detect_width(self.config_class, self.reading)

    @property
    def askable_rope_types(self) -> tuple[str, ...]:
        """The scaled rope types that the config has a key for, supported or not."""
        return SCALED_ROPE_TYPES + ROPE_TYPE_OPTIONS if self.width.takes_rope_type else ()

    @property
    def supported_rope_types(self) -> tuple[str, ...]:
        supported = ROPE_INIT_FUNCTIONS if self.rope_types is None else self.rope_types
        return tuple(x for x in self.askable_rope_types if x.partition("+")[0] in supported)

    def stated_base(self, head_dim: int) -> float | None:
        """The base of a config that says nothing of it; None if the class sets the base in code of its own.

        The code of all configs takes `default_theta` of the class, so a class with another one has another base.
        """
        if not hasattr(self.config_class, "default_theta"):
            return None
        # Without the constructor, 5.x would give the class one of its own, made from its fields.
        given = {"default_theta": 2 * FIXED_BASE, "__init__": self.config_class.__init__}
        other = type(self.config_class.__name__, (self.config_class,), given)
        bases = {
            self.width.read(config_class(**self.size_values(head_dim)), head_dim)[1]
            for config_class in (self.config_class, other)
        }
        if len(bases) == 1:
            return None
        own = (vars(x) for x in self.config_class.__mro__ if not issubclass(PretrainedConfig, x))
        return next((x["default_theta"] for x in own if "default_theta" in x), FIXED_BASE)

    def cases(self, axes) -> list[Case]:
        return self.cases_of(**axes)

    def cases_of(self, head_dim: int, n: int, rope_type: str = "default") -> list[Case]:
        """One case for every value of the config's key that means this width."""
        return [Case(head_dim, n, value, rope_type) for value in self.width.values(n, head_dim)]

    def config_values(self, case: Case) -> dict[str, Any]:
        """Config keywords of the tiny model, with the names that the config class takes; overrides come last."""
        values = self.size_values(case.head_dim)
        values |= self.width.config_values(case.value, scaling_parameters(case), case.head_dim)
        return values | self.copied_overrides()

    def headline(self, case: Case) -> str:
        return (
            f"{self.model_class.__name__}, head_dim={case.head_dim}, rotary_ndims={case.n} "
            f"({self.width.key}={case.value!r}), rope_type={case.rope_type!r}"
        )

    def reproduction(self, property_name: str, case: Case) -> str:
        """Code that runs the same check on the same case."""
        extras = "".join(
            f", {name}={value!r}"
            for name, value in (
                ("config_overrides", dict(self.config_overrides)),
                ("rope_types", self.rope_types),
                ("rotated_last", self.rotated_last),
                ("normed_after_rotation", self.normed_after_rotation),
                ("scaled_after_rotation", self.scaled_after_rotation),
                ("input_adapter", self.input_adapter),
            )
            if value not in ({}, (), None, False, "input_ids")
        )
        return "\n".join(
            [
                *self.imports(),
                "from transformers_conformance.rope import ROTARY, Case, RotarySpec",
                f"spec = RotarySpec({self.config_class.__name__}, {self.model_class.__name__}, "
                f"layout={self.layout!r}{extras})",
                f"ROTARY.properties[{property_name!r}].check(spec, {case!r})",
            ]
        )

    @staticmethod
    def makes_angles(module: nn.Module) -> bool:
        return holds_table(module)

    def first_channel(self, case: Case) -> int:
        """The first channel to read, so that the rotated channels come first wherever they are in the head."""
        return case.head_dim - self.width.slice_width(case.n) if self.rotated_last else 0

    def reads_layer(self, config: Any, index: int) -> bool:
        """Whether a layer has RoPE, by the config."""
        return index not in layers_without_rope(config)

    def prepare(self, model: nn.Module) -> None:
        if self.normed_after_rotation:
            head_dim = getattr(model.config, "head_dim", None)
            level_norms_of_heads(model, head_dim or model.config.hidden_size // model.config.num_attention_heads)
        level(model, self.scaled_after_rotation)
