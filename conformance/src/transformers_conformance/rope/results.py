"""Runs every property on a model and yields what it found, as data."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .checks import PROPERTIES, Property
from .checks.registry import HEAD_DIMS
from .description import Case, Description
from .deviation import Deviation
from .tower import Tower
from .verdict import ConformanceError


__all__ = ["HEAD_DIMS", "Result", "judge", "judge_case", "obstacles"]


@dataclass(frozen=True)
class Result:
    """One property of one case.

    Args:
        model: the `model_type` of the config.
        case: None where the property cannot be asked of the model at all.
        status: "pass", "fail", "crash" (the model raised), "refused" (what was asked of its config was, as `refusal`
            says) or "not-applicable".
        reason: the message of a broken property, or why it is not applicable.
        seconds: wall time.
        error: what a broken property raises.
        deviation: the known deviation that a broken property is covered by.
    """

    rule: str
    property_name: str
    model: str
    case: Case | None
    status: str
    reason: str | None = None
    seconds: float = 0.0
    error: ConformanceError | None = None
    deviation: Deviation | None = None

    @property
    def unexpected(self) -> bool:
        """Whether the property is broken, and not known to be."""
        return self.error is not None and self.deviation is None


def judge(description: Description, head_dims: Iterable[int] | None = None) -> Iterator[Result]:
    """Every property at every width of the heads that it is judged on.

    Args:
        head_dims: only these heads, where a property is judged on them.
    """
    yield from obstacles(description)
    for prop in PROPERTIES.values():
        if prop.not_applicable(description):
            continue
        for head_dim, n, rope_type in prop.grid(head_dims):
            if prop.asks(description, rope_type):
                for case in description.cases(head_dim, n, rope_type):
                    yield judge_case(prop, description, case)


def obstacles(description: Description | Tower, properties: Mapping[str, Property] = PROPERTIES) -> Iterator[Result]:
    """The properties that cannot be asked of a model, each with the reason."""
    for name, prop in properties.items():
        reason = prop.not_applicable(description)
        if reason is not None:
            yield Result(prop.rule, name, description.model_type, None, "not-applicable", reason)


def judge_case(prop: Property, description: Description | Tower, case: Case) -> Result:
    """Judges one case."""
    start = time.perf_counter()
    status, error, deviation = "pass", None, None
    try:
        prop.check(description, case)
    except ConformanceError as broken:
        status, error = broken.status, broken
        deviation = next((known for known in description.exceptions if known.covers(prop.name, case, status)), None)
    seconds = time.perf_counter() - start
    reason = None if error is None else str(error)
    return Result(prop.rule, prop.name, description.model_type, case, status, reason, seconds, error, deviation)
