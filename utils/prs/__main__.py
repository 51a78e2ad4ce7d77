"""`python -m prs UPSTREAM OUT`: the series of edits as patches, and the facts of each.

UPSTREAM is a release, or the folder of a checkout (`folder@name` for a branch, tag or commit). The checkout is only
read. OUT gets `base` (the commit that the patches apply to), `tree` (the tree that they give), `NNNN-*.patch` for
`git am`, and `facts.md` for each series. If UPSTREAM is a release, OUT also gets `repo`, a repository with it.

`--alone` also takes each series alone, with those that it needs, imports what it changes, and builds configs.

The exit status is 3 if a series may not be opened yet, and 1 if the command failed.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from overlay.build import only_one_build, read_overlay
from overlay.engine import Tree
from overlay.errors import OverlayError, run
from overlay.index import Index
from overlay.layout import Layout
from overlay.survey import survey_of
from overlay.upstream import Pin, find_pin, nearest_release

from .alone import failures
from .base import Base, base_of, git
from .facts import KEPT, facts, obstacles
from .reproductions import programs, reproduce
from .stack import Step, changes, stack


BLOCKED = 3
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False)


@app.command(help=__doc__.partition("\n")[0])
def main(
    upstream: Annotated[str, typer.Argument(help="A release, or the folder of a checkout.")],
    out: Annotated[Path, typer.Argument(help="A folder that is empty, or that does not exist.")],
    alone: Annotated[bool, typer.Option("--alone", help="Import the package with each series alone, too.")] = False,
) -> None:
    if out.exists() and any(out.iterdir()):
        raise OverlayError("the folder is not empty", way_out="name another folder, or empty it", file=out)
    layout = Layout()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as made:
        steps = export(layout, upstream, Path(made) / "out", Path(made) / "repository", alone)
        if out.exists():
            out.rmdir()
        (Path(made) / "out").rename(out)
    _show(steps)
    if any(step.commit and step.series.forwarded != KEPT and obstacles(step.series) for step in steps):
        raise typer.Exit(BLOCKED)


def export(layout: Layout, upstream: str, out: Path, repository: Path, alone: bool = False) -> list[Step]:
    """Write the patches and the facts to `out`; returns one step for each series.

    Raises:
        OverlayError: a series alone gives a package that cannot be imported.
    """
    with only_one_build(layout):  # which may take the release; programs that run later need no lock
        base = base_of(layout, upstream, repository)
    nearest = find_pin(layout, nearest_release(layout, base.release))
    overlay = read_overlay(layout, Pin(base.release, base.commit, nearest.layers), base.release)
    tree = Tree(base.files, Index(layout.build / "index-prs.json"), base.commit)
    found = survey_of(overlay.edits, tree, base.release)
    if alone and (broken := list(failures(base, found, overlay.series))):
        raise OverlayError(
            "series do not import alone:" + "".join(f"\n  - {name}: {error}" for name, error in broken),
            way_out="move the edit, or name the series that it stands on in `needs`",
            file="src/series.yml",
        )
    steps = list(stack(base, changes(found, overlay.series)))
    tip = next((step.commit for step in reversed(steps) if step.commit), base.commit)
    reproduced = reproduce(base, found, overlay.series, programs(layout))
    out.mkdir(parents=True)
    (out / "base").write_text(f"{base.commit}\n")
    (out / "tree").write_text(git(repository, "rev-parse", f"{tip}^{{tree}}") + "\n")
    patches = ("--quiet", "--zero-commit", "--no-signature", "--full-index", "--no-renames")
    git(repository, "format-patch", *patches, "-o", str(out.resolve()), f"{base.commit}..{tip}")
    for step in steps:
        if step.commit:
            lost = [one for one in found.lost if one.edit.series == step.series.name]
            page = facts(step, lost, _name_of(base), reproduced.get(step.series.name))
            (out / step.series.name).mkdir()
            (out / step.series.name / "facts.md").write_text(page)
    if not Path(upstream.partition("@")[0]).is_dir():
        _keep(repository, out / "repo", tip)
    return steps


def _name_of(base: Base) -> str:
    return f"{base.release}, commit {base.commit[:12]}"


def _keep(repository: Path, home: Path, tip: str) -> None:
    """The repository of a release, with the release and the fork as branches, and the fork checked out."""
    git(repository, "update-ref", "refs/heads/fork", tip)
    git(repository, "clone", "--quiet", "--no-hardlinks", "--branch", "fork", str(repository), str(home.resolve()))
    git(home, "branch", "--quiet", "release", "origin/release")
    git(home, "remote", "remove", "origin")


def _show(steps: list[Step]) -> None:
    table = Table("series", "by hand", "copied", "generated", "files", "state", box=None)
    for step in steps:
        if not step.commit:
            continue
        lines = step.lines
        state = "stays in the fork" if step.series.forwarded == KEPT else "BLOCKED" if obstacles(step.series) else ""
        numbers = map(str, (lines.written, lines.copied, lines.generated, len(step.after)))
        table.add_row(step.series.name, *numbers, state)
    console.print(table)


if __name__ == "__main__":
    run(app)
