"""The steps of an export: one for each series, in order, on top of the base. Each step is a commit."""

from collections import ChainMap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from overlay.edits import SeriesEntry
from overlay.engine import Reach, apply
from overlay.survey import Survey

from .base import SOURCES, Base, git
from .lines import Lines, count


@dataclass(frozen=True, eq=False)
class Step:
    """A series on top of those before it.

    Attributes:
        reaches: what its edits reach in the base.
        before, after: the texts of the files that it changes.
        commit: None where nothing changes, or before there are commits.
    """

    series: SeriesEntry
    reaches: Sequence[Reach]
    before: dict[str, str]
    after: dict[str, str]
    commit: str | None = None

    @cached_property
    def lines(self) -> Lines:
        return count(self.before, self.after)


def changes(survey: Survey, series: Sequence[SeriesEntry]) -> Iterator[Step]:
    """What these series change, one on top of the other.

    Edits are matched with the base, and a file is made from the base again for each series that touches it. So a step
    gives the text that a build with the same series gives.
    """
    done: list[Reach] = []
    now: ChainMap[str, str] = ChainMap({}, survey.tree.files)
    for one in series:
        own = [reach for reach in survey.reaches if reach.edit.series == one.name]
        done += own
        touched = {target.file for reach in own for target in reach.targets}
        made = apply(_within(done, touched), survey.tree).files
        after = {file: text for file, text in made.items() if text != now[file]}
        before = {file: now[file] for file in after}
        now.update(after)
        yield Step(one, own, before, after)


def stack(base: Base, steps: Iterable[Step]) -> Iterator[Step]:
    """The same steps, committed one on top of the other."""
    parent = base.commit
    for step in steps:
        if step.after:
            parent = _commit(base, parent, step)
        yield replace(step, commit=parent if step.after else None)


def _within(reaches: Sequence[Reach], files: set[str]) -> Iterator[Reach]:
    for reach in reaches:
        targets = tuple(target for target in reach.targets if target.file in files)
        if targets:
            yield replace(reach, targets=targets)


def _commit(base: Base, parent: str, step: Step) -> str:
    index = {"GIT_INDEX_FILE": str(base.repository / "index.of.export"), "GIT_DIR": str(base.repository)}
    git(base.repository, "read-tree", parent, **index)
    names = {f"{SOURCES}/{file}": text for file, text in sorted(step.after.items())}
    entries = []
    for line in git(base.repository, "ls-tree", "-z", parent, *names).split("\0"):
        about, _, name = line.partition("\t")
        if name:
            blob = git(base.repository, "hash-object", "-w", "--stdin", given=names[name])
            entries.append(f"{about.split()[0]} {blob}\t{name}\0")
    git(base.repository, "update-index", "-z", "--index-info", given="".join(entries), **index)
    tree = git(base.repository, "write-tree", **index)
    Path(index["GIT_INDEX_FILE"]).unlink()
    descriptions = dict.fromkeys(f"* {reach.edit.description}" for reach in step.reaches)
    message = "\n".join([step.series.description, "", *descriptions]) + "\n"
    return git(base.repository, "commit-tree", tree, "-p", parent, given=message, **base.who)
