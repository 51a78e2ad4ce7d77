"""What was found, one JSON line each, and what is known, from a file.

Variables of the environment name the files:
    TRANSFORMERS_CONFORMANCE_RESULTS: every result is appended to it, a line with `release` (the version of the
        `transformers` that was judged), `build`, `model`, `rule`, `property`, `case`, `status`, `reason`, `seconds`,
        and `known`, the reason of the deviation that covers a broken property.
    TRANSFORMERS_CONFORMANCE_EXCEPTIONS: known deviations, a TOML file of `[[exception]]` tables whose keys are the
        arguments of `Deviation`. Other keys are left to whoever else reads the file.
    TRANSFORMERS_CONFORMANCE_BUILD: what the caller calls the build that is judged, such as "pristine".
"""

import json
import os
import tomllib
from functools import cache
from pathlib import Path

import transformers

from .rope import PROPERTIES, Deviation, Result


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
    }
    with open(os.environ[RESULTS], "a") as file:
        file.write(json.dumps(line) + "\n")


def known_deviations(model: str) -> tuple[Deviation, ...]:
    """The deviations of a model, in this release and build, from the file, if one is named.

    Raises:
        ValueError: the file cannot be read as TOML, or one of its tables not as a deviation.
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
    """The deviations in a file.

    Raises:
        ValueError: the file cannot be read as TOML, or one of its tables not as a deviation.
    """
    try:
        tables = tomllib.loads(file.read_text()).get("exception", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file.name} cannot be read: {error}") from error
    return tuple(_deviation(file, number, table) for number, table in enumerate(tables, 1))


def _deviation(file: Path, number: int, table: dict) -> Deviation:
    try:
        deviation = Deviation(**{key: table[key] for key in table if key in Deviation.keys()})
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file.name}, exception {number}: {error}") from error
    unknown = set(deviation.properties) - set(PROPERTIES)
    if unknown:
        raise ValueError(f"{file.name}, exception {number} names no property: {', '.join(sorted(unknown))}")
    return deviation


def _build() -> str:
    return os.environ.get(BUILD, "unknown")
