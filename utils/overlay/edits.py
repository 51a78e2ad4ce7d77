"""Reads the overlay: the edits that `src/` declares.

For each edited upstream file there is a `<file>.yml` at the same path in `src/`. It has one entry for each edit, in
order. An entry is of one kind:

    definition: Class.method     replaces it by the definition of that name in `<file>.py`, in the same folder
    addition: Class.method       adds that definition of `<file>.py`, which upstream does not have
    rewrite: Class.method        applies an ast-grep `rule` (with `constraints`, and `fix`) inside it
    base: Class                  makes it inherit from `fix` first; its copies are the classes of the same name with
                                 the same bases, even if the bodies of the classes differ

Each entry also has `series`, `description` (a commit subject: imperative, at most 72 characters, no full stop),
`issue` (upstream's number) and `expected_matches`: how many definitions (or, for a rewrite, matches) the edit must
reach in each release, with the copies of the root. If the edit is right for other definitions of upstream too,
`extra_roots` names them, each with its own expected matches:

    extra_roots:
      Other.method: {5.23.0: 1}                            in the same file
      models/x/modeling_x.py::XModel.method: {5.23.0: 3}   in another

The edit does not apply to a release that `expected_matches` does not name. A release that a root in `extra_roots`
names must also be in `expected_matches`, because the edit is written in the words of its first root.
"""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from .definitions import LineSpan, find_definitions
from .entries import Counts, Entry, read_entries
from .errors import OverlayError


OURS = ("definition", "addition")  # the kinds that have a definition of ours


class EditEntry(Entry):
    """What the entries of all kinds of edits have."""

    series: str
    description: str
    issue: int | None
    expected_matches: Counts
    extra_roots: dict[str, Counts] = {}

    @model_validator(mode="after")
    def _names_the_releases_of_further_roots(self) -> "EditEntry":
        further = {release for counts in self.extra_roots.values() for release in counts}
        if missing := further - self.expected_matches.keys():
            raise ValueError(f"`extra_roots` names {sorted(missing)}, and `expected_matches` does not")
        return self


class RewriteEntry(EditEntry):
    rewrite: str
    rule: dict[str, Any]
    constraints: dict[str, Any] | None = None
    fix: str


class DefinitionEntry(EditEntry):
    definition: str


class AdditionEntry(EditEntry):
    addition: str
    extra_roots: dict[str, Counts] = Field(default={}, max_length=0)  # it has one place


class BaseEntry(EditEntry):
    base: str
    fix: str


FORMS = {"definition": DefinitionEntry, "addition": AdditionEntry, "rewrite": RewriteEntry, "base": BaseEntry}


class SeriesEntry(Entry):
    """A pull request to be, with DEP-3's fields."""

    name: str
    description: str
    bug: str | None
    forwarded: str
    applied_upstream: str | None = Field(alias="applied-upstream")


@dataclass(frozen=True)
class OverlaySource:
    """The definitions that we wrote for one upstream file."""

    path: Path
    text: str
    whole: frozenset[str] = frozenset()  # classes that are added with all that they hold

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines(keepends=True)

    @property
    def spans(self) -> list[LineSpan]:
        return find_definitions(self.text)

    @property
    def leaves(self) -> list[LineSpan]:
        """Its functions and methods, and the classes that are added as a whole."""
        spans = [span for span in self.spans if not any(span.name.startswith(name + ".") for name in self.whole)]
        return [span for span in spans if not any(other.name.startswith(span.name + ".") for other in spans)]


@dataclass(frozen=True, eq=False)
class Root:
    """An upstream definition that an edit is for; `file` is its path under `transformers/`."""

    file: str
    name: str
    expected_matches: dict[str, int]

    def __str__(self) -> str:
        return f"{self.file}::{self.name}"


@dataclass(frozen=True, eq=False)
class Edit:
    """One edit. It is written for its first root, with the names of that root."""

    kind: str
    roots: tuple[Root, ...]
    series: str
    description: str
    issue: int | None
    declared_in: str
    source: OverlaySource | None = None
    rule: dict | None = None
    constraints: dict | None = None
    fix: str | None = None

    @property
    def releases(self) -> set[str]:
        """The releases that it applies to."""
        return set(self.roots[0].expected_matches)

    @property
    def label(self) -> str:
        return f"{self.kind} {self.roots[0]} ({self.description})"


@dataclass(frozen=True)
class Overlay:
    series: tuple[SeriesEntry, ...]
    edits: tuple[Edit, ...]


def load_overlay(layers: list[Path]) -> Overlay:
    """Read the layers of an overlay (`src`, then what only one line of releases needs), in order.

    Raises:
        OverlayError: an entry that is incomplete or unknown, a definition that no entry declares, or the reverse.
    """
    series = read_entries(layers[0] / "series.yml", lambda entry: SeriesEntry)
    edits = [edit for layer in layers for edit in _load_layer(layer)]
    for edit in edits:
        if edit.series not in {one.name for one in series}:
            raise OverlayError(
                f"no series is called {edit.series!r}",
                way_out="name one of src/series.yml, or add it there",
                file=edit.declared_in,
                edit=edit.label,
            )
    order = [one.name for one in series]
    return Overlay(tuple(series), tuple(sorted(edits, key=lambda edit: order.index(edit.series))))


def _load_layer(layer: Path) -> list[Edit]:
    root = layer / "transformers"
    edits: list[Edit] = []
    for path in sorted(root.rglob("*.yml")):
        target = path.relative_to(root).with_suffix(".py").as_posix()
        code = path.with_suffix(".py")
        entries = read_entries(path, _form_of)
        added = frozenset(entry.addition for entry in entries if isinstance(entry, AdditionEntry))
        source = OverlaySource(code, code.read_text(), added) if code.exists() else None
        here = [_edit(entry, target, path, source) for entry in entries]
        _check_declared(here, source, path)
        edits += here
    for code in root.rglob("*.py"):
        if not code.with_suffix(".yml").exists():
            raise OverlayError(
                "definitions that no edit declares",
                way_out=f"declare them in {code.with_suffix('.yml').name} beside the file",
                file=code,
            )
    return edits


def _kind_of(entry: Container[str]) -> str:
    kinds = [kind for kind in FORMS if kind in entry]
    if len(kinds) != 1:
        raise ValueError(f"an edit is one of {', '.join(FORMS)}")
    return kinds[0]


def _form_of(entry: Mapping) -> type[EditEntry]:
    return FORMS[_kind_of(entry)]


def _edit(entry: EditEntry, target: str, path: Path, source: OverlaySource | None) -> Edit:
    kind = _kind_of(entry.model_fields_set)
    name = getattr(entry, kind)
    if kind in OURS and not (source and any(span.name == name for span in source.leaves)):
        raise OverlayError(
            f"{path.with_suffix('.py').name} does not define {name}",
            way_out="add the definition, or correct the name",
            file=path,
            edit=entry.description,
        )
    as_header = "class {}".format if kind == "base" else str
    return Edit(
        kind=kind,
        roots=tuple(
            _root(place, target, counts, as_header)
            for place, counts in [(name, entry.expected_matches), *entry.extra_roots.items()]
        ),
        series=entry.series,
        description=re.sub(r"\s+", " ", entry.description).strip(),
        issue=entry.issue,
        declared_in=path.as_posix(),
        source=source,
        rule=getattr(entry, "rule", None),
        constraints=getattr(entry, "constraints", None),
        fix=getattr(entry, "fix", None),
    )


def _root(place: str, file: str, counts: dict[str, int], named: Callable[[str], str]) -> Root:
    """A root from `path::name`, or from the name alone of one in `file`."""
    elsewhere, _, name = place.rpartition("::")
    return Root(elsewhere or file, named(name), counts)


def _check_declared(edits: list[Edit], source: OverlaySource | None, path: Path) -> None:
    declared = [edit.roots[0].name for edit in edits if edit.kind in OURS]
    written = [span.name for span in source.leaves] if source else []
    for name in written:
        if declared.count(name) != 1:
            raise OverlayError(
                f"{name} is declared {declared.count(name)} times",
                way_out="declare every definition once, as `definition` or `addition`",
                file=path,
            )
