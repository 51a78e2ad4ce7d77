"""The report of an adoption: all findings, the worst last, and the exit status that they give."""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import IntEnum
from pathlib import PurePosixPath

from .coverage import CoverageFindings
from .roots import SAID, RootFinding, RootOutcome


class Status(IntEnum):
    """What is to do, by the worst finding; 1 and 2 say that the command itself failed."""

    NOTHING = 0
    READ = 3  # roots or copies changed, and the edits apply
    COVER = 4  # RoPE code, exemptions or lists of models need work
    REPAIR = 5  # edits do not apply


def status_of(roots: Iterable[RootFinding], coverage: CoverageFindings) -> Status:
    worst = max((one.outcome for one in roots), default=RootOutcome.APPLIES)
    if worst > RootOutcome.NAMES:
        return Status.REPAIR
    if coverage.uncovered or coverage.stale or coverage.unlisted or coverage.unchanged:
        return Status.COVER
    return Status.READ if worst > RootOutcome.APPLIES else Status.NOTHING


def summary(release: str, nearest: str, roots: list[RootFinding], coverage: CoverageFindings) -> list[str]:
    """One line for each kind of finding, with how many there are."""
    count = Counter(one.outcome for one in roots)
    copies = sum(len(one.copies) for one in coverage.uncovered)
    lines = [f"{release}, beside {nearest}: {len(roots)} roots of edits"]
    lines += [f"  {count[outcome]:4d}  {SAID[outcome]}" for outcome in RootOutcome]
    lines += [f"  {copies:4d}  RoPE definitions that nothing covers, in {len(coverage.uncovered)} variants"]
    lines += [f"  {len(coverage.stale):4d}  exemptions that do not fit"]
    lines += [f"  {len(coverage.new_models):4d}  new models with RoPE: {' '.join(coverage.new_models) or 'none'}"]
    lines += [f"  {len(coverage.unlisted):4d}  models to add to the list: {' '.join(coverage.unlisted) or 'none'}"]
    lines += [f"  {len(coverage.unchanged):4d}  models that no edit changes: {' '.join(coverage.unchanged) or 'none'}"]
    return lines


def details(roots: list[RootFinding], coverage: CoverageFindings) -> Iterator[str]:
    """Every finding with what is known of it."""
    for outcome in RootOutcome:
        found = [one for one in roots if one.outcome is outcome]
        if found and outcome is not RootOutcome.APPLIES:
            yield f"\n{len(found)} {'roots' if len(found) > 1 else 'root'}: {SAID[outcome]}"
            for one in found:
                yield f"- {one.key}"
                yield from (f"    {line}" for line in one.details)
    if coverage.uncovered:
        yield "\nRoPE definitions that nothing covers"
        for one in coverage.uncovered:
            files = sorted({PurePosixPath(copy.file).stem for copy in one.copies})
            yield f"- {one.root.label} [{', '.join(one.root.kinds)}] {len(one.copies)} in {', '.join(files)}"
    if coverage.stale:
        yield "\nexemptions that do not fit"
        yield from (f"- {error.where['definition']}: {error.problem}" for error in coverage.stale)
