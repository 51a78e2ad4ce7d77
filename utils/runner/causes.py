"""What failures have in common, so that one cause is one line. Standard library only."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


Line = Mapping[str, Any]  # of the results that a run records

# Kinds of cases, the narrowest first. A case of a topic without these parameters is of no kind.
_KINDS: tuple[tuple[str, Callable[[Mapping[str, Any]], bool]], ...] = (
    ("widths of no pair", lambda case: case.get("n", 2) < 2),
    ("odd heads", lambda case: case.get("head_dim", 0) % 2 == 1),
    ("odd widths", lambda case: case.get("n", 0) % 2 == 1),
    ("partial widths", lambda case: "n" in case and case["n"] < case["head_dim"]),
    ("scaled rope types", lambda case: case.get("rope_type", "default") != "default"),
)


_NAMED = 4  # properties of a cause


@dataclass(frozen=True)
class Cause:
    """What a number of failures have in common.

    Args:
        what: the error that they all end in, or the kind of case that they all are.
        cases: how many.
        properties: of which properties.
        rules: of which rules.
        example: what one of them says.
    """

    what: str
    cases: int
    properties: tuple[str, ...]
    rules: tuple[str, ...]
    example: str

    def __str__(self) -> str:
        more = len(self.properties) - _NAMED
        some = ", ".join(self.properties[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        return f"{'/'.join(self.rules)}, {self.cases} failures in {some}: {self.what}"


def causes_of(lines: Collection[Line]) -> list[Cause]:
    """The causes of what broke without being known, those of most cases first.

    An error of the same words is one cause. Of the rest, a kind of case is one where two properties or more broke in
    it alone, and in most of it; what is left is told by property.
    """
    judged = [line for line in lines if line["case"] is not None]
    broken = [line for line in judged if line["status"] != "pass" and line["known"] is None]
    found = []
    by_error = Counter(map(_error_of, broken))
    for error, count in by_error.most_common():
        if error is not None and count > 1:
            found.append(_cause(error, [line for line in broken if _error_of(line) == error]))
    broken = [line for line in broken if by_error[_error_of(line)] == 1 or _error_of(line) is None]
    passed = [line for line in judged if line["status"] == "pass"]
    while broken and (kind := _widest(broken, passed)):
        name, some = kind
        found.append(_cause(name, some))
        broken = [line for line in broken if line not in some]
    for name in dict.fromkeys(line["property"] for line in broken):
        some = [line for line in broken if line["property"] == name]
        found.append(_cause(_said(some[0]), some))
    return sorted(found, key=lambda cause: -cause.cases)


def _widest(broken: list[Line], passed: list[Line]) -> tuple[str, list[Line]] | None:
    """The kind of case that explains most, if one explains all failures of two properties or more."""
    explained = [(name, list(_explained(broken, passed, holds))) for name, holds in _KINDS]
    explained = [(name, some) for name, some in explained if len({line["property"] for line in some}) > 1]
    return max(explained, key=lambda one: len(one[1]), default=None)


def _explained(broken: list[Line], passed: list[Line], holds: Callable[[Mapping[str, Any]], bool]) -> Iterator[Line]:
    """Failures of the properties that broke in this kind of case alone, and in most cases of it."""
    otherwise = {line["property"] for line in broken if not holds(line["case"])}
    right = Counter(line["property"] for line in passed if holds(line["case"]))
    wrong = Counter(line["property"] for line in broken)
    explained = {name for name in wrong if name not in otherwise and wrong[name] > right[name]}
    return (line for line in broken if line["property"] in explained)


def _cause(what: str, lines: list[Line]) -> Cause:
    properties = tuple(dict.fromkeys(line["property"] for line in lines))
    rules = tuple(sorted({line["rule"] for line in lines}))
    return Cause(what, len(lines), properties, rules, _said(lines[0]))


def _error_of(line: Line) -> str | None:
    """The error that a model raised, its numbers left out; None where a rule does not hold."""
    if line["status"] not in ("crash", "refused"):
        return None
    found = re.search(r"^ *got: +(.*(?:(?<=:)\n.*)?)$", line["reason"], re.M)  # what is wrapped stands below
    text = " ".join(found[1].split()) if found else line["reason"]
    return re.sub(r"\d+(\.\d+)?", "#", text)


def _said(line: Line) -> str:
    """What was found wrong, without the case."""
    lines = line["reason"].splitlines()
    return lines[min(1, len(lines) - 1)].strip() if lines else ""
