"""Runs every property on a model and yields what it found, as data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .checks import PROPERTIES, Property
from .checks.registry import HEAD_DIMS
from .description import Case, Description
from .verdict import ConformanceError, Verdict


__all__ = ["HEAD_DIMS", "Result", "judge", "judge_case"]


@dataclass(frozen=True)
class Result:
    """One property of one case.

    Args:
        outcome: "holds", "broken", "deviates" (broken, as the description's exceptions say) or "not applicable".
        case: None where the property cannot be asked of the model at all.
        detail: the message of a broken property, why it deviates, or why it is not applicable.
    """

    rule: str
    property_name: str
    model: str
    case: Case | None
    outcome: str
    detail: str = ""


def judge(description: Description, head_dims: Iterable[int] | None = None) -> Iterator[Result]:
    """Every property at every width of the heads that it is judged on.

    Args:
        head_dims: only these heads, where a property is judged on them.
    """
    model = description.model_class.__name__
    for name, prop in PROPERTIES.items():
        reason = prop.not_applicable(description)
        if reason is not None:
            yield Result(prop.rule, name, model, None, "not applicable", reason)
            continue
        for head_dim, n, rope_type in prop.grid(head_dims):
            if not prop.asks(description, rope_type):
                continue
            for case in description.cases(head_dim, n, rope_type):
                try:
                    reason = judge_case(prop, description, case)
                except ConformanceError as error:
                    yield Result(prop.rule, name, model, case, "broken", str(error))
                else:
                    yield Result(prop.rule, name, model, case, "deviates" if reason else "holds", reason or "")


def judge_case(prop: Property, description: Description, case: Case) -> str | None:
    """Judges one case: None where the property holds, the reason where it breaks and was said to.

    Raises:
        ConformanceError: it breaks and was not said to, or it holds where the description says that it breaks.
    """
    deviation = description.exceptions.get(prop.name)
    if deviation is None or not deviation.covers(case.n, case.rope_type):
        prop.check(description, case)
        return None
    try:
        prop.check(description, case)
    except ConformanceError:
        return deviation.reason
    Verdict(prop.rule, prop.name, description, case).fail(
        "an exception that is stale: take it out", f"broken, since {deviation.reason}", "it holds"
    )
