"""The mutants that are known to survive, each with the reason why: a list for each line of releases."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .mutants import Mutant


# equivalent: no caller can tell it from the code as it is; gap: one could, and no check does.
KINDS = ("equivalent", "gap")


@dataclass(frozen=True)
class Survivors:
    """Mutants of one definition that survive for one reason.

    Args:
        file: below the package.
        definition: its dotted name.
        kind: one of `KINDS`.
        change: what they change, in our words.
        reason: why no check tells the difference.
        mutants: `Mutant.name` of each.
    """

    file: str
    definition: str
    kind: str
    change: str
    reason: str
    mutants: tuple[str, ...]


class ListError(ValueError):
    """The list of survivors is not written as it should be."""


def list_of(line: str) -> Path:
    """Where those of a line stand."""
    return Path(__file__).with_name(f"survivors-{line}.toml")


def read(path: Path) -> list[Survivors]:
    """What the list says.

    Raises:
        ListError: an entry lacks a key or has one too many, its kind is unknown, or a mutant is listed twice.
    """
    entries, seen = [], set()
    for entry in tomllib.loads(path.read_text()).get("survivors", []):
        try:
            survivors = Survivors(**entry | {"mutants": tuple(entry.get("mutants", ()))})
        except TypeError as error:
            raise ListError(f"{path.name}: {error}") from None
        place = f"{survivors.file}::{survivors.definition}"
        if survivors.kind not in KINDS:
            raise ListError(f"{path.name}: {place}: kind must be one of {', '.join(KINDS)}, not {survivors.kind!r}")
        for name in survivors.mutants:
            if (place, name) in seen:
                raise ListError(f"{path.name}: {place}: {name} is listed twice")
            seen.add((place, name))
        entries.append(survivors)
    return entries


def names_of(entries: Iterable[Survivors]) -> set[str]:
    """The mutants of entries, as `str` gives them."""
    return {f"{entry.file}::{entry.definition}::{name}" for entry in entries for name in entry.mutants}


def problems(entries: Iterable[Survivors], survived: Iterable[Mutant], judged: Iterable[Mutant]) -> list[str]:
    """Where the list and what was found do not agree; mutants that were not judged are no problem."""
    listed = names_of(entries)
    found, known = set(map(str, survived)), set(map(str, judged))
    return [
        *(f"survived, and is not listed: {name}" for name in sorted(found - listed)),
        *(f"listed, and was caught: {name}" for name in sorted(listed & known - found)),
    ]


def unknown(entries: Iterable[Survivors], mutants: Iterable[Mutant]) -> list[str]:
    """Listed mutants that are none: the code has changed."""
    names = set(map(str, mutants))
    listed = names_of(entries)
    return [f"listed, and there is no such mutant: {name}" for name in sorted(listed - names)]
