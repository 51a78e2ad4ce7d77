"""Runs every property on a model and yields what it found, as data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .checks import PROPERTIES
from .description import Case, Description
from .verdict import ConformanceError


HEAD_DIMS = (4, 5, 7, 8)


@dataclass(frozen=True)
class Result:
    """One property of one case.

    Args:
        outcome: "holds", "broken" or "not applicable".
        case: None where the property cannot be asked of the model at all.
        detail: the message of a broken property, or why one is not applicable.
    """

    rule: str
    property_name: str
    model: str
    case: Case | None
    outcome: str
    detail: str = ""


def judge(description: Description, head_dims: Iterable[int] = HEAD_DIMS) -> Iterator[Result]:
    """Every property at every width of the given heads."""
    model = description.model_class.__name__
    for name, prop in PROPERTIES.items():
        reason = prop.not_applicable(description)
        if reason is not None:
            yield Result(prop.rule, name, model, None, "not applicable", reason)
            continue
        rope_types = description.askable_rope_types if prop.scaled else ("default",)
        for head_dim in head_dims:
            for n in prop.widths(head_dim):
                for rope_type in rope_types:
                    for case in description.cases(head_dim, n, rope_type):
                        try:
                            prop.check(description, case)
                        except ConformanceError as error:
                            yield Result(prop.rule, name, model, case, "broken", str(error))
                        else:
                            yield Result(prop.rule, name, model, case, "holds")
