"""Writes results to a file, one JSON line each, and reads expected failures from a file; `settings` names both.

A line of results has `release` (the version of the `transformers` that was judged), `build`, `model`, `rule`,
`property`, `case` (its parameters), `status`, `reason` and `seconds`. If an expected failure covers a broken property,
`known` is its reason, and `place` is its number among the places of its bug.

A file of expected failures is a TOML file of `[[expected_failure]]` tables with `reason`, `kind` and `link`. Each has
`[[expected_failure.where]]` tables, one per place, with the other arguments of `ExpectedFailure`; each filter of the
topic is a key of its own. A place without `models` applies to all models; only the results of all models show whether
it is stale. Other keys of an expected failure are ignored here: other programs read them.
"""

import json
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .expected_failure import ExpectedFailure
from .property import Topic
from .results import Result
from .settings import settings


def record(result: Result) -> None:
    """Appends a result to the file of results, if there is one."""
    if settings.results is None:
        return
    line = {
        "release": _release(),
        "build": settings.build,
        "model": result.model,
        "rule": result.rule,
        "property": result.property_name,
        "case": result.case and dict(result.case.parameters),
        "status": result.status,
        "reason": result.reason,
        "seconds": round(result.seconds, 4),
        "known": result.expected and result.expected.reason,
        "place": result.expected and result.expected.place,
    }
    with open(settings.results, "a") as file:
        file.write(json.dumps(line) + "\n")


def expected_failures_of(model: str, topic: Topic) -> tuple[ExpectedFailure, ...]:
    """The expected failures of the file for a model and a topic, in this release and build.

    Raises:
        ValueError: the file cannot be read as TOML, a table is not an expected failure, or an expected failure that
            names a property of this topic also names an unknown property or filter.
    """
    if settings.expected_failures is None:
        return ()
    return _expected_failures(settings.expected_failures, settings.build, model, topic)


@cache
def _expected_failures(file: Path, build: str, model: str, topic: Topic) -> tuple[ExpectedFailure, ...]:
    return tuple(
        known
        for name, known in load_expected_failures(file).items()
        if _names_some_of(topic, known, name) and known.concerns(model, _release(), build)
    )


@cache
def load_expected_failures(file: Path) -> dict[str, ExpectedFailure]:
    """The expected failures in a file, one per place, in the file's order, by the name that an error gives them.

    Raises:
        ValueError: the file cannot be read as TOML, or a table is not an expected failure.
    """
    try:
        tables = tomllib.loads(file.read_text()).get("expected_failure", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file.name} cannot be read: {error}") from error
    return {
        name: failure
        for number, table in enumerate(tables, 1)
        for name, failure in _failures(table, f"{file.name}, expected failure {number}")
    }


_OF_A_BUG = ("reason", "kind", "link")  # these keys belong to the bug, not to a place
_OF_A_PLACE = ExpectedFailure.keys() - {*_OF_A_BUG, "filters", "place"}


def _failures(table: dict, name: str) -> Iterator[tuple[str, ExpectedFailure]]:
    """The expected failures of one bug; `name` is the name of its table in errors."""
    shared = {key: table[key] for key in _OF_A_BUG if key in table}
    if misplaced := table.keys() & _OF_A_PLACE:
        raise ValueError(f"{name}: {', '.join(sorted(misplaced))} must stand under [[expected_failure.where]]")
    if not table.get("where"):
        raise ValueError(f"{name} has no [[expected_failure.where]]")
    for number, place in enumerate(table["where"], 1):
        own = {key: value for key, value in place.items() if key in _OF_A_PLACE}
        filters = {key: value for key, value in place.items() if key not in own}
        try:
            yield (
                f"{name}, place {number}",
                ExpectedFailure(**shared, **own, filters=filters, place=number),
            )
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}, place {number}: {error}") from error


def _names_some_of(topic: Topic, failure: ExpectedFailure, name: str) -> bool:
    """Whether an expected failure names properties of a topic; `name` is its name in errors."""
    if topic.properties.keys().isdisjoint(failure.properties):
        return False
    try:
        topic.require_known(failure.properties, failure.filters)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return True


@cache
def _release() -> str:
    """The version of the Transformers that is judged."""
    import transformers  # imported late, because pytest loads the plugin in every session

    return transformers.__version__
