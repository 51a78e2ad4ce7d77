"""Reads the overlay: the edits that `src/` declares.

For each edited upstream file there is a `<file>.yml` at the same path in `src/`. It has one entry for each edit, in
order. An entry is of one kind:

    definition: Class.method     replaces it by the definition of that name in `<file>.py`, in the same folder
    addition: Class.method       adds that definition of `<file>.py`, which upstream does not have
    rewrite: Class.method        applies an ast-grep `rule` (with `constraints`, and `fix`) inside it
    base: Class                  makes it inherit from `fix` first; its copies are the classes of the same name with
                                 the same bases, even if the bodies of the classes differ

Each entry also has `series`, `description` (a commit subject: imperative, at most 72 characters, no full stop) and
`issue` (upstream's number). `releases` is the range of releases that the edit is for (PEP 440), if it is not for all:

    releases: ">=5"

If the edit is right for other definitions of upstream too, `extra_roots` lists them. A root that only some of these
releases have is given with its own range:

    extra_roots:
      - Other.method                                       in the same file
      - models/x/modeling_x.py::XModel.method: ">=5.24"    in another

In every release of its range, a root must exist and the edit must apply to it. How many definitions (or, for a
rewrite, matches) it reaches there, with the copies of the root, is in the lock of the release.
"""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from packaging.specifiers import SpecifierSet
from pydantic import BeforeValidator, Field

from .definitions import LineSpan, find_definitions, prefix_in
from .entries import ALL_RELEASES, Entry, Releases, read_entries
from .errors import OverlayError


OURS = ("definition", "addition")  # the kinds that have a definition of ours


def _places(value: object) -> dict[str, object]:
    """The items of a list: each a root, or `root: range`."""
    items = [item if isinstance(item, dict) else {item: None} for item in value] if isinstance(value, list) else []
    places = [place for item in items for place in item]
    if not isinstance(value, list) or not all(len(item) == 1 for item in items) or not all(map(_is_text, places)):
        raise ValueError("write a list of roots; one with a range of its own is `root: range`")
    if repeated := {place for place in places if places.count(place) > 1}:
        raise ValueError(f"{', '.join(sorted(repeated))} is listed twice")
    return {place: own for item in items for place, own in item.items()}


def _is_text(place: object) -> bool:
    return isinstance(place, str)


# Further roots, each with its own range, or None if that is the edit's.
Places = Annotated[dict[str, Releases | None], BeforeValidator(_places)]


class EditEntry(Entry):
    """What the entries of all kinds of edits have."""

    series: str
    description: str
    issue: int | None
    releases: Releases = ALL_RELEASES
    extra_roots: Places = {}


class RewriteEntry(EditEntry):
    rewrite: str
    rule: dict[str, Any]
    constraints: dict[str, Any] | None = None
    fix: str


class DefinitionEntry(EditEntry):
    definition: str


class AdditionEntry(EditEntry):
    addition: str
    extra_roots: Annotated[Places, Field(max_length=0)] = {}  # it has one place


class BaseEntry(EditEntry):
    base: str
    fix: str


FORMS = {"definition": DefinitionEntry, "addition": AdditionEntry, "rewrite": RewriteEntry, "base": BaseEntry}


class Duplicates(Entry):
    """When and by which queries somebody searched upstream for issues and pull requests of the same kind."""

    searched: date
    queries: Annotated[list[str], Field(min_length=1)]


class SeriesEntry(Entry):
    """A pull request to be, with DEP-3's fields.

    Attributes:
        forwarded: a link, or "not yet", or "not needed" for what stays in the fork.
        needs: the series that must be applied before it.
        approved: the link to upstream's word that the change is wanted.
        size_reason: why it is one pull request although a person writes more than 15 of its lines.
    """

    name: str
    description: str
    bug: str | None
    forwarded: str
    applied_upstream: str | None = Field(alias="applied-upstream")
    needs: list[str] = []
    approved: str | None = None
    duplicates: Duplicates | None = None
    size_reason: str | None = None


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
    """An upstream definition that an edit is for in a range of releases; `file` is its path under `transformers/`."""

    file: str
    name: str
    releases: SpecifierSet

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
    def prefix(self) -> str:
        """The name of its model as our code spells it, which copies replace by their own: `GPTNeoX` in an edit of
        `models/gpt_neox/`; an empty string if our code does not name the model."""
        return prefix_in(self.source.text if self.kind in OURS else self.fix or "", self.roots[0].file)

    def key(self, root: Root) -> str:
        """The name of one of its roots in the lock. It changes only if the root moves or the edit gets another
        description."""
        return f"{root}::{self.description}"

    @property
    def label(self) -> str:
        return f"{self.kind} {self.roots[0]} ({self.description})"


def definition_of(edit: Edit) -> str:
    """What we wrote of an edit: its definition, or the text that a rule puts in."""
    if edit.kind not in OURS:
        return edit.fix or ""
    span = next(span for span in edit.source.leaves if span.name == edit.roots[0].name)
    return span.text(edit.source.lines)


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
            _root(place, target, entry.releases & (own or ALL_RELEASES), as_header)
            for place, own in [(name, None), *entry.extra_roots.items()]
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


def _root(place: str, file: str, releases: SpecifierSet, named: Callable[[str], str]) -> Root:
    """A root from `path::name`, or from the name alone of one in `file`."""
    elsewhere, _, name = place.rpartition("::")
    return Root(elsewhere or file, named(name), releases)


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
