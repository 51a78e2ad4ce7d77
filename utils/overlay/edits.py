"""The overlay as data: what `src/` declares.

Beside each edited upstream file, at the same path, stands `<file>.yml` with one entry an edit, in order:

    definition: Class.method     replace it by the definition of that name in `<file>.py` beside the entry
    addition: Class.method       add that definition of `<file>.py`, which upstream does not have
    rewrite: Class.method        apply an ast-grep `rule` (with `constraints`, and `fix`) inside it
    base: Class                  have it inherit from `fix` first; its copies are the classes of its name that inherit
                                 from the same, whatever they hold

Each entry also has `series`, `description` (a commit subject: imperative, at most 72 characters, no full stop),
`issue` (upstream's number) and `expected_matches`: how many definitions (or, for a rewrite, matches) the edit must
reach in each release, copies of the root included. A definition or rewrite that serves other definitions of
upstream's too names them in `extra_roots`, each with its own expected matches:

    extra_roots:
      Other.method: {5.23.0: 1}                            in the same file
      models/x/modeling_x.py::XModel.method: {5.23.0: 3}   in another

The edit leaves a release alone that `expected_matches` does not name. One that a root in `extra_roots` names must
stand in `expected_matches` too: the edit is written in the words of its first root.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from .definitions import Span, find_definitions
from .errors import OverlayError


KINDS = ("definition", "addition", "rewrite", "base")
OURS = ("definition", "addition")  # those that a definition of ours belongs to
FIELDS = {*KINDS, "series", "description", "issue", "expected_matches", "extra_roots", "rule", "constraints", "fix"}
SERIES_FIELDS = {"name", "description", "bug", "forwarded", "applied-upstream"}


@dataclass(frozen=True)
class Source:
    """The definitions that we wrote for one upstream file."""

    path: Path
    text: str
    whole: frozenset[str] = frozenset()  # classes that are added with all that they hold

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines(keepends=True)

    @property
    def spans(self) -> list[Span]:
        return find_definitions(self.text)

    @property
    def leaves(self) -> list[Span]:
        """Its functions and methods, and the classes that are new as a whole; a class with declared members is only
        their container."""
        spans = [span for span in self.spans if not any(span.name.startswith(name + ".") for name in self.whole)]
        return [span for span in spans if not any(other.name.startswith(span.name + ".") for other in spans)]


@dataclass(frozen=True, eq=False)
class Root:
    """A definition of upstream's that an edit starts from: `file` is its path under `transformers/`."""

    file: str
    name: str
    expected_matches: dict[str, int]

    def __str__(self) -> str:
        return f"{self.file}::{self.name}"


@dataclass(frozen=True, eq=False)
class Edit:
    """One declared change: its first root is the one that it is written for, and in the words of."""

    kind: str
    roots: tuple[Root, ...]
    series: str
    description: str
    issue: int | None
    declared_in: str
    source: Source | None = None
    rule: dict | None = None
    constraints: dict | None = None
    fix: str | None = None

    @property
    def releases(self) -> set[str]:
        """Those that it concerns."""
        return set(self.roots[0].expected_matches)

    @property
    def label(self) -> str:
        return f"{self.kind} {self.roots[0]} ({self.description})"


@dataclass(frozen=True)
class Series:
    """A pull request to be: DEP-3's fields."""

    name: str
    description: str
    bug: str
    forwarded: str
    applied_upstream: str | None


@dataclass(frozen=True)
class Overlay:
    series: tuple[Series, ...]
    edits: tuple[Edit, ...]


def load_overlay(layers: list[Path]) -> Overlay:
    """Read the layers of an overlay (`src`, then what only one line of releases needs), in order.

    Raises:
        OverlayError: an entry that is incomplete or unknown, a definition that no entry declares, or the reverse.
    """
    series = _load_series(layers[0] / "series.yml")
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


def _load_series(path: Path) -> list[Series]:
    series = []
    for entry in _read_yaml(path):
        if set(entry) != SERIES_FIELDS:
            raise OverlayError(
                f"a series needs exactly the fields {sorted(SERIES_FIELDS)}",
                way_out="complete the entry",
                file=path,
                edit=entry.get("name"),
            )
        series.append(Series(**{key.replace("-", "_"): value for key, value in entry.items()}))
    return series


def _load_layer(layer: Path) -> list[Edit]:
    root = layer / "transformers"
    edits: list[Edit] = []
    for path in sorted(root.rglob("*.yml")):
        target = path.relative_to(root).with_suffix(".py").as_posix()
        code = path.with_suffix(".py")
        entries = _read_yaml(path)
        added = frozenset(entry["addition"] for entry in entries if isinstance(entry.get("addition"), str))
        source = Source(code, code.read_text(), added) if code.exists() else None
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


def _read_yaml(path: Path) -> list[dict]:
    try:
        entries = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise OverlayError(f"cannot be read: {error}", way_out="mend the file", file=path) from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise OverlayError("is not a list of entries", way_out="mend the file", file=path)
    return entries


def _edit(entry: dict, target: str, path: Path, source: Source | None) -> Edit:
    def refuse(problem: str) -> OverlayError:
        return OverlayError(problem, way_out="see utils/overlay/edits.py for the form", file=path, edit=entry)

    kinds = [kind for kind in KINDS if kind in entry]
    if len(kinds) != 1:
        raise refuse(f"an edit is one of {', '.join(KINDS)}")
    if unknown := set(entry) - FIELDS:
        raise refuse(f"unknown fields {sorted(unknown)}")
    if missing := {"series", "description", "issue", "expected_matches"} - set(entry):
        raise refuse(f"lacks {sorted(missing)}")
    kind = kinds[0]
    needed = {"rewrite": {"rule", "fix"}, "base": {"fix"}}.get(kind, set())
    allowed = needed | ({"constraints"} if kind == "rewrite" else set())
    if needed - set(entry) or {"rule", "fix", "constraints"} & set(entry) - allowed:
        raise refuse("a rewrite, and nothing else, has `rule` and `fix`; a base has `fix`")
    name = entry[kind]
    if not isinstance(name, str):
        raise refuse(f"`{kind}` names one definition; further ones go into `extra_roots`")
    if kind == "addition" and "extra_roots" in entry:
        raise refuse("an addition has one place, and no `extra_roots`")
    if kind in OURS and not (source and any(span.name == name for span in source.leaves)):
        raise refuse(f"{path.with_suffix('.py').name} does not define {name}")
    expected, further = entry["expected_matches"], entry.get("extra_roots", {})
    if not isinstance(further, dict) or not all(isinstance(counts, dict) for counts in (expected, *further.values())):
        raise refuse("`expected_matches`, and each root in `extra_roots`, has a count for each release: {5.23.0: 1}")
    if not all((expected, *further.values())):
        raise refuse("`expected_matches`, and each root in `extra_roots`, names at least one release")
    if missing := {release for counts in further.values() for release in counts} - set(expected):
        raise refuse(f"`extra_roots` names {sorted(map(str, missing))}, and `expected_matches` does not")
    roots = [(name, expected), *further.items()]
    as_header = "class {}".format if kind == "base" else str
    return Edit(
        kind=kind,
        roots=tuple(_root(place, target, counts, as_header) for place, counts in roots),
        series=entry["series"],
        description=re.sub(r"\s+", " ", entry["description"]).strip(),
        issue=entry["issue"],
        declared_in=path.as_posix(),
        source=source,
        rule=entry.get("rule"),
        constraints=entry.get("constraints"),
        fix=entry.get("fix"),
    )


def _root(place: str, file: str, counts: dict, named: Callable[[str], str]) -> Root:
    """A root from `path::name`, or from the name alone of one in `file`."""
    elsewhere, _, name = place.rpartition("::")
    return Root(elsewhere or file, named(name), {str(release): count for release, count in counts.items()})


def _check_declared(edits: list[Edit], source: Source | None, path: Path) -> None:
    declared = [edit.roots[0].name for edit in edits if edit.kind in OURS]
    written = [span.name for span in source.leaves] if source else []
    for name in written:
        if declared.count(name) != 1:
            raise OverlayError(
                f"{name} is declared {declared.count(name)} times",
                way_out="declare every definition once, as `definition` or `addition`",
                file=path,
            )
