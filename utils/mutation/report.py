"""The summary of a run, for a terminal and for a page of `docs`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .families import Definition
from .session import MutantResult
from .survivors import Survivors, names_of


LIMIT = 95.0  # percent of the mutants that are not equivalent that must be caught

_INTRODUCTION = """\
# Mutation testing of the rotary code of {release}

`make mutants RELEASE={release}` puts small errors into the fork's rotary code, one at a time, and lets the conformance
checks judge it. This file is what it writes; do not edit it. The list of survivors is `utils/mutation/{survivors}`.

[cosmic-ray](https://cosmic-ray.readthedocs.io) makes the mutants. Those of rotary code count: every function of
`modeling_rope_utils.py`; in a model's file, the definitions whose names say that they are rotary, and in any other
function the statements that name something rotary (`utils/mutation/scope.py`). A few are judged of each definition:
in four files that are chosen by hand, and in those of other families that stand for most of what edits reach, since
copies are reached by the same edits (`utils/mutation/families.py`). Tests of this repository judge some files too
(`utils/mutation/scope.py`). Left out, by rule: {left_out}.

An equivalent mutant changes nothing that a caller can see, so no test can catch it. The percentage is of the others.
"""


@dataclass(frozen=True)
class Count:
    mutants: int
    caught: int
    equivalent: int

    @property
    def missed(self) -> int:
        return self.mutants - self.caught - self.equivalent

    @property
    def percent(self) -> float:
        """Of those that a test can catch."""
        catchable = self.mutants - self.equivalent
        return 100.0 * self.caught / catchable if catchable else 100.0


def count(results: Iterable[MutantResult], survivors: Iterable[Survivors]) -> dict[str, Count]:
    """By file, and of all of them under "all"; `survivors` says which are equivalent."""
    listed = names_of(entry for entry in survivors if entry.kind == "equivalent")
    mutants, caught, equivalent = Counter(), Counter(), Counter()
    for result in results:
        for key in (result.mutant.file, "all"):
            mutants[key] += 1
            caught[key] += result.killing_test is not None
            equivalent[key] += result.killing_test is None and str(result.mutant) in listed
    keys = sorted(mutants, key=lambda key: (key == "all", key))
    return {key: Count(mutants[key], caught[key], equivalent[key]) for key in keys}


def table(results: Iterable[MutantResult], survivors: Iterable[Survivors]) -> str:
    """Markdown, one line a file."""
    lines = ["| file | mutants | equivalent | caught | missed | caught, % |", "|---|---:|---:|---:|---:|---:|"]
    for name, of in count(results, survivors).items():
        lines.append(f"| {name} | {of.mutants} | {of.equivalent} | {of.caught} | {of.missed} | {of.percent:.1f} |")
    return "\n".join(lines)


def document(
    names: Mapping[str, str],
    results: list[MutantResult],
    left_out: Mapping[str, int],
    survivors: list[Survivors],
    share: str,
    rest: Iterable[Definition],
) -> str:
    """A page of `docs`.

    Args:
        names: of the `release`, and of the list of `survivors`.
        share: how much of what edits reach it tells of, in words.
        rest: the edited definitions that it does not tell of.
    """
    rules = ", ".join(f"{reason} ({number})" for reason, number in sorted(left_out.items()))
    parts = [_INTRODUCTION.format(left_out=rules, **names), f"{share}.\n", table(results, survivors), ""]
    properties = Counter(_catcher(result.killing_test) for result in results if result.killing_test is not None)
    parts += ["What caught them first:", ""]
    parts += [", ".join(f"`{name}` {number}" for name, number in sorted(properties.items())) + ".", ""]
    survived = {str(result.mutant) for result in results if result.killing_test is None}
    for kind, title in (("equivalent", "Survivors that are equivalent"), ("gap", "Survivors that no check tells yet")):
        entries = [entry for entry in survivors if entry.kind == kind]
        number = len(names_of(entries) & survived)
        parts += [f"## {title} ({number})", ""]
        for entry in entries:
            parts.append(
                f"* `{entry.file}`, `{entry.definition}`, {len(entry.mutants)}: {entry.change}. {entry.reason}"
            )
        parts.append("")
    files = Counter(one.file for one in rest)
    parts += ["## Files with edited definitions that hold no mutant, nor equal one that does", ""]
    parts += [", ".join(f"`{file}` {number}" for file, number in sorted(files.items())) + "."]
    return "\n".join(parts).rstrip() + "\n"


def _catcher(killing_test: str) -> str:
    """The property of a check, the file of a test, or what else ended a mutant."""
    if "::" in killing_test:
        return killing_test.partition("::")[0].removeprefix("tests/")
    return killing_test.split(" ")[1] if " " in killing_test else killing_test
