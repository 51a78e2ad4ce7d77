"""`python -m overlay`: builds the fork, lists its edits, and writes its lock."""

import time
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console

from . import lockfile
from .build import build, built_files, find_reaches, only_one_build, read_overlay
from .checks import check_result
from .errors import OverlayError, run
from .index import Index
from .layout import DEFAULT_RELEASE, Layout
from .survey import survey
from .take import take
from .upstream import find_pin


app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)
Release = Annotated[str, typer.Option(envvar="TRANSFORMERS_UPSTREAM", help="The upstream release.")]


@app.command()
def fork(release: Release = DEFAULT_RELEASE) -> None:
    """Build the fork at build/fork/RELEASE/src, unless it is up to date."""
    layout, start = Layout(), time.perf_counter()
    find_pin(layout, release)
    with only_one_build(layout):
        take(layout, release)
    fresh = build(layout, release)
    files = len(built_files(layout, release))
    what = "built" if fresh else "is up to date"
    console.print(f"fork of {release} {what}: {files} files changed ({time.perf_counter() - start:.1f} s)")


@app.command()
def relock(release: Release = DEFAULT_RELEASE) -> None:
    """Show what moved since the lock was written; write the lock again if every edit applies."""
    layout = Layout()
    pin = find_pin(layout, release)
    with only_one_build(layout):
        take(layout, release)
        index = Index(layout.index(release))
        found = survey(layout, pin, index)
        old, new = lockfile.read(layout, release), lockfile.describe(found.reaches, found.edited.counts)
        _show_moves(old, new, found.problems)
        if found.problems:
            raise OverlayError(
                f"{len(found.problems)} roots of edits are not as the edits need them; the lock stays as it is",
                way_out="correct each edit or its `releases`, or remove it if upstream has repaired the error",
                release=release,
            )
        check_result(found.reaches, found.edited, found.tree, release)
        index.save()
    if old != new:
        lockfile.write(layout, release, new)
        console.print(f"wrote {layout.lock(release).relative_to(layout.root)}")


def _show_moves(old: dict[str, dict], new: dict[str, dict], problems: Mapping[str, str]) -> None:
    for key in sorted({*old, *new, *problems}):
        if key in problems:
            console.print(f"! {key}: {problems[key]}", style="red", markup=False)
        elif key not in new:
            console.print(f"- {key}", style="red", markup=False)
        elif key not in old:
            reached = sum(map(len, new[key]["reaches"].values()))
            console.print(f"+ {key}: {reached} definitions", style="green", markup=False)
        elif old[key] != new[key]:
            console.print(f"~ {key}", style="yellow", markup=False)
            for line in lockfile.moves(old[key], new[key]):
                console.print(f"    {line}", markup=False)
    if old == new and not problems:
        console.print("the lock holds: nothing moved")


@app.command()
def edits(release: Release = DEFAULT_RELEASE) -> None:
    """List the edits, series by series, with the number of definitions that each one reaches from each root."""
    layout = Layout()
    pin = find_pin(layout, release)
    with only_one_build(layout):
        take(layout, release)
        index = Index(layout.index(release))
        _, reaches = find_reaches(layout, pin, index)
    for series in read_overlay(layout, pin).series:
        console.print(f"{series.name} (forwarded: {series.forwarded}): {series.description}", markup=False)
        for reach in reaches:
            if reach.edit.series == series.name:
                console.print(f"  {len(reach.targets):4d}  {reach.label}", markup=False)
    written = len({reach.edit.label for reach in reaches})
    reached = sum(len(reach.targets) for reach in reaches)
    console.print(f"{written} edits, at {len(reaches)} roots, reach {reached} definitions", markup=False)


if __name__ == "__main__":
    run(app)
