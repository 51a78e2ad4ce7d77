"""`python -m discovery`: lists every RoPE definition of a release, and the edit or the exemption that explains it."""

from collections import Counter
from pathlib import PurePosixPath
from typing import Annotated

import typer
from rich.console import Console

from overlay.errors import run
from overlay.layout import DEFAULT_RELEASE, Layout

from . import lock
from .coverage import Explanation, check, covered, explain_release, explain_unlocked


COLORS = {"edit": "green", "exempt": None, "unexplained": "red"}
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)


Release = Annotated[str, typer.Option(envvar="TRANSFORMERS_UPSTREAM")]


@app.command()
def relock(release: Release = DEFAULT_RELEASE) -> None:
    """Show which definitions exemptions cover now and not before, or the reverse; write the lock again."""
    layout = Layout()
    new = covered(explain_unlocked(layout, release))
    moved = lock.moves(lock.read(layout, release), new)
    for line in moved:
        console.print(line, style="green" if line.startswith("+") else "red", markup=False)
    if moved:
        lock.write(layout, release, new)
        console.print(f"wrote {layout.exempt_lock(release).relative_to(layout.root)}")


@app.command()
def show(release: Release = DEFAULT_RELEASE) -> None:
    """List every RoPE definition of upstream by variant; fail if one is unexplained."""
    explanations = explain_release(Layout(), release)
    for explanation in explanations:
        console.print(line_of(explanation), style=COLORS[explanation.status], markup=False)
    console.print(totals_of(explanations))
    check(explanations, release)


def line_of(explanation: Explanation) -> str:
    root = explanation.root
    why = {
        "edit": lambda: f"edit: {'; '.join(explanation.edits)}",
        "exempt": lambda: f"exempt: {explanation.exemption.reason} ({explanation.exemption.confirmed_by})",
        "unexplained": lambda: "unexplained",
    }[explanation.status]()
    files = sorted({PurePosixPath(one.file).stem for one in explanation.copies})
    return f"{root.label} [{', '.join(root.kinds)}] {len(explanation.copies)} in {', '.join(files)} -- {why}"


def totals_of(explanations: list[Explanation]) -> str:
    copies = Counter()
    for explanation in explanations:
        copies[explanation.status] += len(explanation.copies)
    return (
        f"{copies.total()} definitions in {len(explanations)} variants: {copies['edit']} reached by edits, "
        f"{copies['exempt']} exempt, {copies['unexplained']} unexplained"
    )


if __name__ == "__main__":
    run(app)
