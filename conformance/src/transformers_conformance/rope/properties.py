"""The topics of rotary embeddings, and what their properties are registered with."""

from collections.abc import Callable, Iterable

from ..core.case import Axes
from ..core.property import Topic
from .case import FILTERS, test_name
from .spec import RotarySpec


ROTARY = Topic(test_name, FILTERS)  # rotations by positions
AXIAL = Topic(test_name, FILTERS)  # rotations by coordinates on several axes, of one part of a model
SEVERAL_AXES = Topic(test_name, FILTERS)  # positions on several axes, in whole models

HEAD_DIMS = (4, 5, 7, 8)
# Of what the widths of the table and of the rotation do not decide alone: an odd head and an even one.
TWO_HEADS = (5, 8)
# Of what costs more than a few passes, few telling cases: a full head; two pairs, one channel more, three to pass.
FEW_HEADS = (8,)
FEW_WIDTHS = (8, 5)


def every_width(head_dim: int) -> range:
    return range(head_dim + 1)


def with_a_pair(head_dim: int) -> range:
    return range(2, head_dim + 1)


def few_widths(head_dim: int) -> tuple[int, ...]:
    return FEW_WIDTHS


def half_width(head_dim: int) -> tuple[int, ...]:
    """Of what is about keys of a config: partial, so that a key unheard shows, and even, so that nothing else does."""
    return (head_dim // 2,)


def full_width(head_dim: int) -> tuple[int, ...]:
    """Of what has nothing to do with the width: a share that is ignored would hide it."""
    return (head_dim,)


def full_and_half(head_dim: int) -> tuple[int, ...]:
    """Of keys that a config may leave out, too: many then mean the whole head."""
    return (head_dim, head_dim // 2)


def odd_width(head_dim: int) -> tuple[int, ...]:
    """Of what is dearest."""
    return FEW_WIDTHS[-1:]


def always_asked(spec: RotarySpec) -> None:
    return None


def without_position_ids(spec: RotarySpec) -> str | None:
    if not spec.takes_position_ids:
        return f"{spec.model_class.__name__}.forward takes no position_ids"
    return None


def with_layers_alone(spec: RotarySpec) -> str | None:
    """Of what a model does around its layers: it counts positions, and makes masks of what it is given."""
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
        rule: the rule of the contract that it proves.
        widths: the rotary widths of a head of `D` channels at which it says something.
        head_dims: the heads on which it is judged.
        rope_types: the rope types for which it is judged, as `Case.rope_type` writes them.
        refusals: says something of rope types that the model does not support: that they are refused.
        excluded: why it cannot be asked of a model, or None.
        topic: where it is registered.
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
