"""`python -m prs.burden`: how much the edits are to keep and to send, and what each release cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from packaging.version import Version
from rich.console import Console

from overlay.build import read_overlay
from overlay.edits import Edit
from overlay.errors import run
from overlay.index import Index
from overlay.layout import DEFAULT_RELEASE, Layout
from overlay.survey import survey
from overlay.upstream import Pin, find_pin, known_releases

from .facts import KEPT, models_of
from .lines import Lines
from .stack import Step, changes


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Upkeep:
    """What a release cost.

    Attributes:
        roots: all roots of the release.
        new: the roots that an edit has there, and not in the release before it.
        ended: the roots that an edit had in the release before it, and not there.
    """

    release: str
    before: str
    roots: int
    new: int
    ended: int


@app.command()
def main(release: Annotated[str, typer.Option(envvar="TRANSFORMERS_UPSTREAM")] = DEFAULT_RELEASE) -> None:
    layout = Layout()
    pin = find_pin(layout, release)
    found = survey(layout, pin, Index(layout.index(release)))
    steps = [step for step in changes(found, read_overlay(layout, pin).series) if step.after]
    console.print(f"{release}, lines added plus removed: by hand, in `Copied from` blocks, generated")
    for step in steps:
        lines = step.lines
        console.print(f"  {lines.written:5d} {lines.copied:5d} {lines.generated:5d}  {step.series.name}", markup=False)
    sent = [step for step in steps if step.series.forwarded != KEPT]
    for name, chosen in (("all", steps), ("to send", sent)):
        console.print(_summary(name, chosen), markup=False)
    for one in upkeep(layout):
        console.print(f"{one.release}: {one.roots} roots; new since {one.before} are {one.new}, and {one.ended} ended")


def total(steps: Iterable[Step]) -> Lines:
    lines = [step.lines for step in steps]
    return Lines(
        written=sum(one.written for one in lines),
        copied=sum(one.copied for one in lines),
        generated=sum(one.generated for one in lines),
    )


def upkeep(layout: Layout) -> list[Upkeep]:
    """Each pinned release that has another one of its line before it."""
    pins = sorted(known_releases(layout).values(), key=lambda pin: Version(pin.release))
    found = []
    for before, pin in zip(pins, pins[1:], strict=False):
        if before.layers == pin.layers:
            old, new = _roots(layout, before), _roots(layout, pin)
            found.append(Upkeep(pin.release, before.release, len(new), len(new - old), len(old - new)))
    return found


def _roots(layout: Layout, pin: Pin) -> set[tuple]:
    edits: Sequence[Edit] = read_overlay(layout, pin).edits
    return {
        (edit.kind, edit.description, str(edit.rule), edit.fix, str(root))
        for edit in edits
        for root in edit.roots
        if root.releases.contains(pin.release)
    }


def _summary(name: str, steps: Sequence[Step]) -> str:
    lines = total(steps)
    edits = {reach.edit for step in steps for reach in step.reaches}
    models = {model for step in steps for model in models_of(step)}
    return (
        f"{name}: {lines.written} lines by hand, {lines.copied} in `Copied from` blocks, {lines.generated} generated; "
        f"{len(edits)} edits, {len(steps)} series, {len(models)} models"
    )


if __name__ == "__main__":
    run(app)
