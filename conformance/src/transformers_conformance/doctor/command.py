"""The command `transformers-conformance`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from . import report
from .diagnosis import Diagnosis, diagnose
from .places import configs_in
from .unreadable import UnreadableError


NOTHING_FOUND, FINDINGS, UNREADABLE = 0, 1, 2
FEW = 5  # files that are told in full
app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Conformance of models for Transformers: the rotary embeddings of checkpoints.",
)


@app.callback()
def commands() -> None:
    """With a callback, `doctor` stays a sub-command although there is no other."""


@app.command()
def doctor(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...", help="A config.json, a checkpoint, a folder of them, a hub cache, a GGUF file."
        ),
    ],
    fix: Annotated[
        bool, typer.Option("--fix", help="Write config.fixed.json beside each file that has corrections.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print results as JSON.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Print everything, also for many files.")] = False,
) -> None:
    """Say what configs mean for rotary embeddings, what is wrong with them, and what to write instead.

    No code of a folder runs, and PyTorch is not needed. The exit status is 0 if nothing was found, 1 if something was
    found, and 2 if a file could not be read.
    """
    console = Console(highlight=False, soft_wrap=True)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    found, files = [], list(_files(paths))
    many = len(files) > FEW
    for file in track(files, "reading", console=errors, transient=True, disable=not (many and errors.is_terminal)):
        found.append(file if isinstance(file, Diagnosis) else diagnose(file))
    if as_json:
        report.print_json(found, console)
    elif many and not full:
        report.print_table(found, console)
        console.print("For all results of a file, name the file, or use --full.")
    else:
        for one in found:
            report.print_one(one, console)
    if fix:
        for one in found:
            if one.fixed:
                _write(one, errors)
    if any(one.error is not None for one in found):
        raise typer.Exit(UNREADABLE)
    raise typer.Exit(FINDINGS if any(one.findings for one in found) else NOTHING_FOUND)


def _files(paths: list[Path]) -> Iterator[Path | Diagnosis]:
    """The files to read, and a diagnosis for each path that has none."""
    for path in paths:
        try:
            yield from configs_in(path)
        except (UnreadableError, OSError) as error:
            named = error if isinstance(error, UnreadableError) else UnreadableError("no-access", f"{error.strerror}")
            yield Diagnosis(path, error=named)


def _write(found: Diagnosis, console: Console) -> None:
    """Writes the corrected file, if there is none yet."""
    name = found.path.with_name(f"{found.path.stem}.fixed.json")
    try:
        with name.open("x", encoding="utf-8") as file:
            file.write(found.fixed)
    except FileExistsError:
        console.print(f"{report.plain(name)} exists, and is left as it is", markup=False)
    except OSError as error:
        console.print(f"{report.plain(name)} cannot be written: {error.strerror}", markup=False)
    else:
        console.print(f"{report.plain(name)} is written", markup=False)


def main() -> None:
    """The entry point."""
    app()
