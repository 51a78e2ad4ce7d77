"""What a property is, and the list of them all, which the modules of checks fill."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps

from ..description import Case, Description
from ..verdict import ConformanceError, Verdict


U = 2.0**-24  # unit roundoff of float32

HEAD_DIMS = (4, 5, 7, 8)
# Of what the widths of the table and of the rotation do not decide alone: an odd head and an even one.
TWO_HEADS = (5, 8)
# Of what costs more than a few passes, few telling cases: a full head; two pairs, one channel more, three to pass.
FEW_HEADS = (8,)
FEW_WIDTHS = (8, 5)


@dataclass(frozen=True)
class Property:
    """One property and where it can be judged.

    Args:
        name: its name, as in messages and in names of tests.
        rule: the rule of the contract that it proves.
        check: raises `ConformanceError` where a case breaks it.
        widths: the rotary widths of a head of `D` channels at which it says something.
        head_dims: the heads on which it is judged.
        rope_types: the rope types for which it is judged, as `Case.rope_type` writes them.
        refusals: says something of rope types that the model does not support: that they are refused.
        obstacle: why it cannot be asked of a model, or None.
    """

    name: str
    rule: str
    check: Callable[[Description, Case], None]
    widths: Callable[[int], Iterable[int]]
    head_dims: tuple[int, ...]
    rope_types: tuple[str, ...]
    refusals: bool
    obstacle: Callable[[Description], str | None]

    def not_applicable(self, description: Description) -> str | None:
        """Why this property cannot be asked of a model, or None."""
        if not any(self.asks(description, rope_type) for rope_type in self.rope_types):
            return f"{description.config_class.__name__} has no key for a rope type"
        return self.obstacle(description)

    def asks(self, description: Description, rope_type: str) -> bool:
        """Whether this property says something of a rope type of a model."""
        if rope_type == "default":
            return True
        return rope_type in (description.askable_rope_types if self.refusals else description.supported_rope_types)

    def grid(self, head_dims: Iterable[int] | None = None) -> Iterator[tuple[int, int, str]]:
        """`(head_dim, n, rope_type)` of every configuration, on those of the given heads that it takes, if any."""
        chosen = self.head_dims if head_dims is None else set(head_dims) & set(self.head_dims) or self.head_dims
        for head_dim in sorted(chosen):
            for n in self.widths(head_dim):
                for rope_type in self.rope_types:
                    yield head_dim, n, rope_type


PROPERTIES: dict[str, Property] = {}


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


def no_obstacle(description: Description) -> None:
    return None


def without_position_ids(description: Description) -> str | None:
    if not description.takes_position_ids:
        return f"{description.model_class.__name__}.forward takes no position_ids"
    return None


def with_layers_alone(description: Description) -> str | None:
    """Of what a model does around its layers: it counts positions, and makes masks of what it is given."""
    return f"of {description.model_class.__name__}, its layers run alone" if description.layers_alone else None


def without_a_mask(description: Description) -> str | None:
    return with_layers_alone(description) or without_position_ids(description)


def rope_property(
    rule: str,
    widths: Callable[[int], Iterable[int]] = every_width,
    head_dims: tuple[int, ...] = HEAD_DIMS,
    rope_types: tuple[str, ...] = ("default",),
    refusals: bool = False,
    obstacle: Callable[[Description], str | None] = without_position_ids,
    properties: dict[str, Property] | None = None,
    verdict_class: type[Verdict] = Verdict,
):
    """Registers `check_<name>(description, case, verdict)` as the property `name`, of arguments as `Property` has.

    A check that requires nothing of its verdict breaks: it would hold of any model.

    Args:
        properties: the list to register it in; None stands for `PROPERTIES`.
        verdict_class: what it is given to say its verdict with.
    """

    def register(judge: Callable[[Description, Case, Verdict], None]) -> Callable[[Description, Case], None]:
        name = judge.__name__.removeprefix("check_")

        @wraps(judge)
        def check(description: Description, case: Case) -> None:
            verdict = verdict_class(rule, name, description, case)
            try:
                judge(description, case, verdict)
            except ConformanceError:
                raise
            except Exception as error:
                raise verdict.raised("the model builds and runs", "no error", error) from error
            if not verdict.required:
                verdict.fail(f"{rule}, {name}: judged nothing", "at least one requirement", "none")

        listed = PROPERTIES if properties is None else properties
        listed[name] = Property(name, rule, check, widths, head_dims, rope_types, refusals, obstacle)
        return check

    return register
