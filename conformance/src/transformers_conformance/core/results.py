"""Judges the cases of a model, and yields the results as data."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from .case import Case, Spec
from .expected_failure import ExpectedFailure
from .property import Property
from .verdict import ConformanceError


@dataclass(frozen=True)
class Result:
    """One property of one case.

    Args:
        model: the `model_type` of the config.
        case: None if the property does not apply to the model at all.
        status: "pass", "fail", "crash" (the model raised an error), "refused" (the config refused a value, as
            `refusal` defines it) or "not-applicable".
        reason: the message of a broken property, or why it does not apply.
        seconds: wall time.
        error: the error of a broken property.
        expected: the expected failure that covers a broken property.
    """

    rule: str
    property_name: str
    model: str
    case: Case | None
    status: str
    reason: str | None = None
    seconds: float = 0.0
    error: ConformanceError | None = None
    expected: ExpectedFailure | None = None

    @property
    def unexpected(self) -> bool:
        """Whether the property is broken, and no expected failure covers it."""
        return self.error is not None and self.expected is None


def judge(
    properties: Mapping[str, Property],
    spec: Spec,
    only: Mapping[str, Collection] | None = None,
    expected_failures: Collection[ExpectedFailure] = (),
) -> Iterator[Result]:
    """The results of all properties in all configurations, or in those that `only` names (see `Property.chosen`)."""
    yield from not_applicable(properties, spec)
    for prop in properties.values():
        if prop.excluded(spec):
            continue
        for axes in prop.chosen(only):
            if prop.asks(spec, axes):
                for case in spec.cases(axes):
                    yield judge_case(prop, spec, case, expected_failures)


def not_applicable(properties: Mapping[str, Property], spec: Spec) -> Iterator[Result]:
    """A result for each property that does not apply to a model, with the reason."""
    for name, prop in properties.items():
        reason = prop.excluded(spec)
        if reason is not None:
            yield Result(prop.rule, name, spec.model_type, None, "not-applicable", reason)


def judge_case(prop: Property, spec: Spec, case: Case, expected_failures: Collection[ExpectedFailure] = ()) -> Result:
    """Judges one case."""
    start = time.perf_counter()
    status, error, expected = "pass", None, None
    try:
        prop.check(spec, case)
    except ConformanceError as broken:
        status, error = broken.status, broken
        expected = next((known for known in expected_failures if known.covers(prop.name, case, status)), None)
    seconds = time.perf_counter() - start
    reason = None if error is None else str(error)
    return Result(prop.rule, prop.name, spec.model_type, case, status, reason, seconds, error, expected)
