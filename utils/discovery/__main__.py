"""`python -m discovery`: every RoPE definition of a release, and which edit reaches it or why none needs to."""

from collections import Counter
from pathlib import PurePosixPath
from typing import Annotated

import typer
from rich.console import Console

from overlay.errors import run
from overlay.layout import DEFAULT_RELEASE, Layout

from .coverage import Verdict, check, judge_release


COLORS = {"edit": "green", "exempt": None, "unexplained": "red"}
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)


@app.command()
def show(release: Annotated[str, typer.Option(envvar="TRANSFORMERS_UPSTREAM")] = DEFAULT_RELEASE) -> None:
    """List every RoPE definition of upstream, variant by variant; fail where one is unexplained."""
    verdicts = judge_release(Layout(), release)
    for verdict in verdicts:
        console.print(line_of(verdict), style=COLORS[verdict.status], markup=False)
    console.print(totals_of(verdicts))
    check(verdicts, release)


def line_of(verdict: Verdict) -> str:
    root = verdict.root
    why = {
        "edit": lambda: f"edit: {'; '.join(verdict.edits)}",
        "exempt": lambda: f"exempt: {verdict.exemption.reason} ({verdict.exemption.confirmed_by})",
        "unexplained": lambda: "unexplained",
    }[verdict.status]()
    files = sorted({PurePosixPath(one.file).stem for one in verdict.copies})
    return f"{root.label} [{', '.join(root.kinds)}] {len(verdict.copies)} in {', '.join(files)} -- {why}"


def totals_of(verdicts: list[Verdict]) -> str:
    copies = Counter()
    for verdict in verdicts:
        copies[verdict.status] += len(verdict.copies)
    return (
        f"{copies.total()} definitions in {len(verdicts)} variants: {copies['edit']} reached by edits, "
        f"{copies['exempt']} exempt, {copies['unexplained']} unexplained"
    )


if __name__ == "__main__":
    run(app)
