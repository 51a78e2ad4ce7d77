"""Results, one JSON line each, and expected failures, from a file; `settings` names the files.

A line of results has `release` (the version of the `transformers` that was judged), `build`, `model`, `rule`,
`property`, `case` (its parameters), `status`, `reason`, `seconds`, and, where an expected failure covers a broken
property, its reason as `known` and its number among those of its bug as `place`.

A file of expected failures is a TOML file of `[[expected_failure]]` tables with `reason`, `kind` and `link`. Each has
`[[expected_failure.where]]` tables, one a place, with the other arguments of `ExpectedFailure`; the topic's filters
are keys of their own. A place that names no `models` holds for all of them; whether it is stale is for the reader of
all results to tell. Other keys of an expected failure are left to other readers of the file.
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
    """What the file expects of a model in a topic's properties, in this release and build.

    Raises:
        ValueError: the file cannot be read as TOML, one of its tables is no expected failure, or one of those that
            name properties of this topic names an unknown property or filter, too.
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
    """The expected failures in a file, one a place, in the file's order, by what an error calls them.

    Raises:
        ValueError: the file cannot be read as TOML, or one of its tables is no expected failure.
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


_OF_A_BUG = ("reason", "kind", "link")  # and not of a place
_OF_A_PLACE = ExpectedFailure.keys() - {*_OF_A_BUG, "filters", "place"}


def _failures(table: dict, name: str) -> Iterator[tuple[str, ExpectedFailure]]:
    """The expected failures of one bug; `name` is what an error calls its table."""
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
    """Whether an expected failure concerns a topic; `name` is what an error calls it."""
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
    import transformers  # not before it is needed: pytest loads the plugin in every session

    return transformers.__version__
