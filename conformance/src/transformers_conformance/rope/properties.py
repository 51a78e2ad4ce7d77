"""The topics of rotary embeddings, and the decorator that registers their properties."""

from collections.abc import Callable, Iterable

from ..core.case import Axes
from ..core.property import Topic
from .case import FILTERS, test_name
from .spec import RotarySpec


ROTARY = Topic(test_name, FILTERS, name="rope")  # rotations by positions
AXIAL = Topic(test_name, FILTERS, name="rope")  # rotations by coordinates on several axes, of one part of a model
SEVERAL_AXES = Topic(test_name, FILTERS, name="rope")  # positions on several axes, in whole models

HEAD_DIMS = (4, 5, 7, 8)
# For properties that do not depend only on the widths of the table and of the rotation: an odd head and an even one.
TWO_HEADS = (5, 8)
# For properties that cost more than a few passes: a head that rotates in full, and a head that is asked for five
# channels, so that two pairs rotate, one odd channel passes, and three more pass.
FEW_HEADS = (8,)
FEW_WIDTHS = (8, 5)


def every_width(head_dim: int) -> range:
    return range(head_dim + 1)


def with_a_pair(head_dim: int) -> range:
    return range(2, head_dim + 1)


def few_widths(head_dim: int) -> tuple[int, ...]:
    return FEW_WIDTHS


def half_width(head_dim: int) -> tuple[int, ...]:
    """For properties of config keys: a partial width shows an ignored key, and an even width has no other errors."""
    return (head_dim // 2,)


def full_width(head_dim: int) -> tuple[int, ...]:
    """For properties that are independent of the width: an ignored `partial_rotary_factor` would hide other errors."""
    return (head_dim,)


def full_and_half(head_dim: int) -> tuple[int, ...]:
    """For keys that a config may leave out: many configs then mean the whole head."""
    return (head_dim, head_dim // 2)


def odd_width(head_dim: int) -> tuple[int, ...]:
    """For the most expensive properties."""
    return FEW_WIDTHS[-1:]


def always_asked(spec: RotarySpec) -> None:
    return None


def without_position_ids(spec: RotarySpec) -> str | None:
    if not spec.takes_position_ids:
        return f"{spec.model_class.__name__}.forward takes no position_ids"
    return None


def with_layers_alone(spec: RotarySpec) -> str | None:
    """Excludes properties of the code around the layers, which counts positions and makes masks."""
    return f"of {spec.model_class.__name__}, its layers run alone" if spec.layers_alone else None


def without_a_mask(spec: RotarySpec) -> str | None:
    return with_layers_alone(spec) or without_position_ids(spec)


def rope_property(
    rule: str,
    widths: Callable[[int], Iterable[int]] = every_width,
    head_dims: tuple[int, ...] = HEAD_DIMS,
    rope_types: tuple[str, ...] = ("default",),
    refusals: bool = False,
    excluded: Callable[[RotarySpec], str | None] = without_position_ids,
    topic: Topic = ROTARY,
) -> Callable:
    """Registers `check_<name>(spec, case, verdict)` as the property `name`, as `Topic.register` does.

    Args:
        rule: the rule of the contract that the property checks.
        widths: the rotary widths, for a head of `D` channels, at which the property is judged.
        head_dims: the widths of heads at which the property is judged.
        rope_types: the rope types for which the property is judged, as in `Case.rope_type`.
        refusals: whether the property also asks for rope types that the model does not support, which it must refuse.
        excluded: the reason why the property does not apply to a model, or None.
        topic: the topic to which the property belongs.
    """

    def asks(spec: RotarySpec, axes: Axes) -> bool:
        rope_type = axes["rope_type"]
        if rope_type == "default":
            return True
        return rope_type in (spec.askable_rope_types if refusals else spec.supported_rope_types)

    def excluded_or_unasked(spec: RotarySpec) -> str | None:
        if not any(asks(spec, {"rope_type": rope_type}) for rope_type in rope_types):
            return f"{spec.config_class.__name__} has no key for a rope type"
        return excluded(spec)

    configurations = [
        {"head_dim": head_dim, "n": n, "rope_type": rope_type}
        for head_dim in sorted(head_dims)
        for n in widths(head_dim)
        for rope_type in rope_types
    ]
    return topic.register(rule, configurations, asks, excluded_or_unasked)
