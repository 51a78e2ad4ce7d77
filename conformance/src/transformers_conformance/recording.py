"""What was found, one JSON line each, and what is known, from a file.

Variables of the environment name the files:
    TRANSFORMERS_CONFORMANCE_RESULTS: every result is appended to it, a line with `release` (the version of the
        `transformers` that was judged), `build`, `model`, `rule`, `property`, `case`, `status`, `reason`, `seconds`,
        and `known` and `place`, the reason of the deviation that covers a broken property, and its number among those
        of its exception in the file.
    TRANSFORMERS_CONFORMANCE_EXCEPTIONS: known deviations, a TOML file of `[[exception]]` tables with `reason`,
        `kind` and `link`, each with `[[exception.where]]` tables that hold the other arguments of `Deviation`, one a
        place. One that names no `models` holds for all of them; whether it is stale is for the reader of all results
        to tell.
        What else an exception says is left to whoever else reads the file.
    TRANSFORMERS_CONFORMANCE_BUILD: what the caller calls the build that is judged, such as "pristine".
"""

import json
import os
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import transformers

from .rope import COORDINATE_PROPERTIES, PROPERTIES, SEVERAL_AXES_PROPERTIES, Deviation, Result


_NAMES = {*PROPERTIES, *COORDINATE_PROPERTIES, *SEVERAL_AXES_PROPERTIES}
RESULTS, EXCEPTIONS, BUILD = (f"TRANSFORMERS_CONFORMANCE_{name}" for name in ("RESULTS", "EXCEPTIONS", "BUILD"))


def record(result: Result) -> None:
    """Appends a result to the file, if one is named."""
    if RESULTS not in os.environ:
        return
    case = result.case
    line = {
        "release": transformers.__version__,
        "build": _build(),
        "model": result.model,
        "rule": result.rule,
        "property": result.property_name,
        "case": case
        and {"head_dim": case.head_dim, "n": case.n, "value": repr(case.value), "rope_type": case.rope_type},
        "status": result.status,
        "reason": result.reason,
        "seconds": round(result.seconds, 4),
        "known": result.deviation and result.deviation.reason,
        "place": result.deviation and result.deviation.place,
    }
    with open(os.environ[RESULTS], "a") as file:
        file.write(json.dumps(line) + "\n")


def known_deviations(model: str) -> tuple[Deviation, ...]:
    """The deviations of a model, in this release and build, from the file, if one is named.

    Raises:
        ValueError: the file cannot be read as TOML, or one of its tables not as deviations.
    """
    if EXCEPTIONS not in os.environ:
        return ()
    return tuple(
        known
        for known in load_deviations(Path(os.environ[EXCEPTIONS]))
        if known.concerns(model, transformers.__version__, _build())
    )


@cache
def load_deviations(file: Path) -> tuple[Deviation, ...]:
    """The deviations in a file, one a place, in the file's order.

    Raises:
        ValueError: the file cannot be read as TOML, or one of its tables not as deviations.
    """
    try:
        tables = tomllib.loads(file.read_text()).get("exception", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file.name} cannot be read: {error}") from error
    return tuple(
        deviation
        for number, table in enumerate(tables, 1)
        for deviation in _deviations(table, f"{file.name}, exception {number}")
    )


_OF_A_BUG = ("reason", "kind", "link")  # and not of a place


def _deviations(table: dict, name: str) -> Iterator[Deviation]:
    """The deviations of one bug; `name` is what an error calls its table."""
    shared = {key: table[key] for key in _OF_A_BUG if key in table}
    if misplaced := table.keys() & (Deviation.keys() - set(_OF_A_BUG)):
        raise ValueError(f"{name}: {', '.join(sorted(misplaced))} must stand under [[exception.where]]")
    if not table.get("where"):
        raise ValueError(f"{name} has no [[exception.where]]")
    for number, place in enumerate(table["where"], 1):
        try:
            deviation = Deviation(**shared, **place, place=number)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}, place {number}: {error}") from error
        if unknown := set(deviation.properties) - _NAMES:
            raise ValueError(f"{name}, place {number} names no property: {', '.join(sorted(unknown))}")
        yield deviation


def _build() -> str:
    return os.environ.get(BUILD, "unknown")
