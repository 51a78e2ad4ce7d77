"""Prints diagnoses: as text, as a table for many files, or as JSON."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Column, Table

from .diagnosis import Diagnosis
from .geometry import DEFAULT, Layers


_UNSEEN = {character: "?" for character in (*range(32), *range(127, 160)) if character not in (9, 10)}


def plain(value: Any) -> str:
    """A text from a stranger's file, without characters that steer a terminal, and short."""
    text = str(value).translate(_UNSEEN).replace("\n", " ")
    return text if len(text) <= 400 else f"{text[:397]}..."


def print_one(found: Diagnosis, console: Console) -> None:
    """All that there is to say of one file."""
    title = plain(found.path)
    if found.error is not None:
        console.print(f"[bold]{escape(title)}[/]: [red]cannot be read[/], {escape(plain(found.error))}")
        return
    named = [plain(found.model_type or "no model_type")]
    if found.release:
        named.append(f"written by Transformers {plain(found.release)}")
    console.print(f"[bold]{escape(title)}[/] ({escape(', '.join(named))})")
    if found.remark:
        console.print(f"  {escape(plain(found.remark))}")
    for layers in found.layers:
        console.print(f"  [bold]{escape(plain(layers.name))}[/]")
        told = [(name, plain(value), plain(source)) for name, value, source in rows(layers)]
        widths = [max(least, *(len(row[column]) for row in told)) for column, least in ((0, 13), (1, 12))]
        for name, value, source in told:
            if not found.known:
                source = source.replace(DEFAULT, "the usual value")
            padded = escape(value) + " " * (widths[1] - len(value))
            console.print(f"    {name:<{widths[0]}} {padded} [dim]{escape(source)}[/]")
    if found.readers and found.layers and len(found.readers) > 1:
        others = ", ".join(one.partition(",")[0] for one in found.readers[1:])
        console.print(f"  as read by {escape(plain(found.readers[0]))}; compared with {escape(plain(others))}")
    for finding in found.findings:
        color = "red" if finding.severe else "yellow"
        console.print(f"  [{color}]{finding.rule}[/] {escape(plain(finding.place))}")
        console.print(f"    {escape(plain(finding.text))}")
        console.print(f"    -> {escape(plain(finding.advice))}")
    if found.diff:
        console.print("  write instead:")
        lines = "\n".join(line.translate(_UNSEEN) for line in found.diff.splitlines())
        if console.is_terminal:
            console.print(Syntax(lines, "diff", background_color="default"))
        else:
            console.print(escape(lines))
    if found.layers and not found.findings:
        console.print("  [green]nothing found[/]")


def rows(layers: Layers) -> list[tuple[str, Any, str]]:
    """The results of one kind of layers, each with the key that it comes from."""

    def shown(value: Any) -> Any:
        if isinstance(value, list):
            return f"{len(value)} numbers" if len(value) > 4 else value
        if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e15:
            return int(value)
        return "not known" if value is None else value

    found = [("head_dim", layers.head_dim), ("rotary_ndims", layers.rotary_ndims)]
    found += [("base", layers.base), ("rope_type", layers.rope_type)]
    found += [(key, value) for key, value in layers.parameters.items() if value is not None]
    return [(plain(name), shown(value), layers.sources.get(name, "")) for name, value in found]


def print_table(all_found: Sequence[Diagnosis], console: Console) -> None:
    """One line for each file with findings, and how many there are of each kind."""
    file = Column("file", overflow="fold")  # a name that is cut cannot be copied
    table = Table(file, "model_type", "layers", "findings", box=None, header_style="bold")
    for found in all_found:
        if found.error is not None:
            table.add_row(escape(plain(found.path)), "", "", f"[red]{escape(plain(found.error.name))}[/]")
        elif found.findings:
            kinds = Counter(finding.rule for finding in found.findings)
            said = ", ".join(name if count == 1 else f"{name} ({count})" for name, count in kinds.items())
            table.add_row(escape(plain(found.path)), escape(plain(found.model_type)), _widths(found), escape(said))
    if table.row_count:
        console.print(table)
    unreadable = sum(found.error is not None for found in all_found)
    with_findings = sum(bool(found.findings) for found in all_found)
    console.print(
        f"{len(all_found)} files: {len(all_found) - unreadable - with_findings} without findings, "
        f"{with_findings} with findings, {unreadable} that cannot be read"
    )


def _widths(found: Diagnosis) -> str:
    return escape(plain(", ".join(dict.fromkeys(f"{one.rotary_ndims}/{one.head_dim}" for one in found.layers))))


def print_json(all_found: Sequence[Diagnosis], console: Console) -> None:
    """A list with an object for each file."""
    data = json.dumps([found.as_data() for found in all_found], indent=2, default=str)
    console.file.write(data + "\n")
