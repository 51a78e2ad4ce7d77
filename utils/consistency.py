"""Checks that what is equal upstream is equal in the fork: generated code and its source, copies and their originals.

`python -m consistency` compares the fork with upstream: if one definition is made from another, and both are equal
upstream, they must be equal in the fork. Equal means the same syntax tree, without docstrings, annotations, decorators
and comments, and with the model's name renamed (`overlay.definitions.fingerprint`). It prints a line and exits with
status 1 if only one of them is edited, or if an edited definition of a generated file has no known source.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import typer

from overlay import lockfile
from overlay.definitions import LineSpan, bases_of, class_prefix, fingerprint, parse, prefix_of_copy
from overlay.errors import run
from overlay.index import Index
from overlay.layout import DEFAULT_RELEASE, Layout


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_MODEL = re.compile(r"(?:\.\.|\.\.\.models\.|transformers\.models\.)(\w+\.\w+)")
# The generator writes `super()` where a modular file names a class, so as not to take over what its parent does. There
# may be no `self`, which upstream once forgot.
_NAMED_PARENT = re.compile(r"\b(?:nn\.)?[A-Z]\w*\.(\w+)\((?:self(?:, )?|(?<=__init__\()(?=\)))")
_GENERATED = "This file was automatically generated from"
_COPIED = re.compile(r"# Copied from (?:src/)?transformers\.([\w.]+)(?: with (.+))?$")


class File:
    """One Python file of a package, and its definitions by their dotted names."""

    def __init__(self, path: Path, index: Index):
        self.text = path.read_text()
        self.index = index
        self.lines = self.text.splitlines(keepends=True)
        self.prefix = class_prefix(self.text)

    @property
    def generated(self) -> bool:
        return _GENERATED in self.text[:1000]

    @cached_property
    def definitions(self) -> dict[str, LineSpan]:
        return {span.name: span for span in self.index.definitions(self.text)}

    @cached_property
    def headers(self) -> dict[str, str]:
        """What each class inherits from, by `class` and its name."""
        spans = self.index.headers(self.text)
        return {span.name: bases_of(span.text(self.lines)) for span in spans}

    @cached_property
    def bases(self) -> dict[str, list[str]]:
        """The names of the bases of each class."""
        classes = (node for node in ast.walk(self.syntax) if isinstance(node, ast.ClassDef))
        return {node.name: [base.id for base in node.bases if isinstance(base, ast.Name)] for node in classes}

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """What is imported from other models: their file and its name there."""
        found = {}
        for node in ast.walk(self.syntax):
            stated = isinstance(node, ast.ImportFrom) and _MODEL.fullmatch("." * node.level + (node.module or ""))
            if stated:
                file = f"models/{stated[1].replace('.', '/')}.py"
                found |= {alias.asname or alias.name: (file, alias.name) for alias in node.names}
        return found

    @cached_property
    def syntax(self) -> ast.Module:
        return ast.parse(self.text)

    def source(self, name: str) -> str:
        return _NAMED_PARENT.sub(r"super().\1(", self.definitions[name].text(self.lines))


class Package:
    """The files of one `transformers` package, by their paths in it."""

    def __init__(self, folder: Path, index: Index):
        self.folder = folder
        self.index = index
        self._files: dict[str, File | None] = {}

    def file(self, path: str) -> File | None:
        if path not in self._files:
            found = self.folder / path
            self._files[path] = File(found, self.index) if found.exists() else None
        return self._files[path]

    def has(self, qualified: "QualifiedName") -> bool:
        file = self.file(qualified.file)
        return file is not None and (qualified.name in file.definitions or qualified.name in file.headers)


@dataclass(frozen=True)
class QualifiedName:
    """A definition: its file below the package, and its dotted name."""

    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}::{self.name}"


@dataclass(frozen=True)
class Link:
    """`made` is generated, or copied, from `source`; `renamed` is what `# Copied from` says of names."""

    made: QualifiedName
    source: QualifiedName
    renamed: tuple[tuple[str, str], ...] = ()
    inlined: bool = False  # one of two sources: the generator puts the parent's in place of a call of `super()`

    def equal(self, package: Package) -> bool:
        made, source = package.file(self.made.file), package.file(self.source.file)
        if self.made.name in made.headers:
            return made.headers[self.made.name] == source.headers[self.source.name]
        ours, theirs = made.source(self.made.name), source.source(self.source.name)
        for old, new in self.renamed:
            theirs = theirs.replace(old, new)
        if self.renamed:
            return package.index.fingerprint(ours, "") == package.index.fingerprint(theirs, "")
        prefix = prefix_of_copy(self.source.name, source.prefix, self.made.name, made.prefix)
        if self.inlined:
            return _in_order(_statements(theirs, source.prefix), _statements(ours, prefix))
        return package.index.fingerprint(ours, prefix) == package.index.fingerprint(theirs, source.prefix)


def _statements(text: str, prefix: str) -> list[str]:
    """Every statement of a definition, each as a digest, but its last, which may become an assignment, and those that
    the generator carries out: calls of `super()`, and `del`."""
    lines = textwrap.dedent(text).splitlines(keepends=True)
    body = parse(text).body
    body = [statement for statement in body[:-1] if not isinstance(statement, (ast.Expr, ast.Delete))]
    return [fingerprint("".join(lines[one.lineno - 1 : one.end_lineno]), prefix) for one in body]


def _in_order(few: list[str], many: list[str]) -> bool:
    rest = iter(many)
    return bool(few) and all(one in rest for one in few)


def links(package: Package, path: str) -> Iterator[Link]:
    """Where each definition of a file is made from, as far as the file and its modular file say so."""
    file = package.file(path)
    yield from _copied(package, path, file)
    modular_path = path.replace("modeling_", "modular_")
    modular = package.file(modular_path)
    if modular is None or not file.generated:
        return
    for name in file.headers:
        for source in _header_sources(package, modular_path, name.removeprefix("class ")):
            yield Link(QualifiedName(path, name), source)
    for name in file.definitions:
        for source in dict.fromkeys(_sources(package, modular_path, name)):
            if package.has(source):
                yield Link(QualifiedName(path, name), source)
        if "." in name and name in modular.definitions and "super()." in modular.source(name):
            yield Link(QualifiedName(path, name), QualifiedName(modular_path, name), inlined=True)
            for parent in _inherited(package, modular_path, *name.split(".", 1)):
                yield Link(QualifiedName(path, name), parent, inlined=True)


def _copied(package: Package, path: str, file: File) -> Iterator[Link]:
    for name, span in file.definitions.items():
        stated = _COPIED.search(file.lines[span.start - 1].rstrip()) if span.start else None
        if stated is None:
            continue
        parts = stated[1].split(".")
        depth = next((i for i in range(len(parts), 0, -1) if package.file("/".join(parts[:i]) + ".py")), 0)
        source = QualifiedName("/".join(parts[:depth]) + ".py", ".".join(parts[depth:]))
        renamed = tuple(tuple(pair.strip().split("->")) for pair in (stated[2] or "").split(",") if "->" in pair)
        if depth and package.has(source):
            yield Link(QualifiedName(path, name), source, renamed)


def _header_sources(package: Package, modular_path: str, name: str) -> Iterator[QualifiedName]:
    """The classes whose bases the generator may have given to a class: its parents in other models, or itself in the
    modular file, or one that those need."""
    modular = package.file(modular_path)
    parents = [modular.imports[base] for base in modular.bases.get(name, ()) if base in modular.imports]
    candidates = [QualifiedName(origin, there) for origin, there in parents] or _sources(package, modular_path, name)
    for qualified in candidates:
        header = QualifiedName(qualified.file, f"class {qualified.name}")
        if package.has(header):
            yield header


def _sources(package: Package, modular_path: str, name: str) -> Iterator[QualifiedName]:
    """Where the generator may have taken a definition from: the modular file, its parents, or what those need."""
    modular = package.file(modular_path)
    owner, _, member = name.partition(".")
    if name in modular.definitions:
        yield QualifiedName(modular_path, name)
        return
    yield from _inherited(package, modular_path, owner, member)
    for file, _ in dict.fromkeys(modular.imports.values()):
        yield from _namesakes(package, file, owner, member)


def _inherited(package: Package, path: str, owner: str, member: str) -> Iterator[QualifiedName]:
    """The member of the nearest parents of a class, or the imported function."""
    file = package.file(path)
    if file is None:
        return
    if owner in file.imports:
        origin, there = file.imports[owner]
        qualified = QualifiedName(origin, f"{there}.{member}" if member else there)
        if package.has(qualified):
            yield qualified
        elif member:
            yield from _inherited(package, origin, there, member)
    for base in set(file.bases.get(owner, ())) - {owner}:  # `class Config(Config)` is of an import, told above
        qualified = QualifiedName(path, f"{base}.{member}")
        if package.has(qualified):
            yield qualified
        elif member:
            yield from _inherited(package, path, base, member)


def _namesakes(package: Package, path: str, owner: str, member: str) -> Iterator[QualifiedName]:
    """The definitions of a file with the same name, but for the model's name."""
    file = package.file(path)
    if file is None:
        return
    for name in file.definitions:
        there, _, inner = name.partition(".")
        if inner != member:
            continue
        suffix = there.removeprefix(file.prefix)
        if there == owner or (there != suffix and suffix and owner.endswith(suffix)):
            yield QualifiedName(path, name)


def inconsistencies(upstream: Package, fork: Package, reached: dict[str, set[str]]) -> tuple[list[str], int]:
    """A line for each pair that is no longer equal, and the number of pairs that were compared.

    Args:
        reached: by file, the names of the definitions that edits reach.
    """
    problems, compared = [], 0
    for path in sorted(path.relative_to(upstream.folder).as_posix() for path in upstream.folder.rglob("m*_*.py")):
        known: dict[str, list[Link]] = {}
        for link in links(upstream, path):
            edited = any(qualified.name in reached.get(qualified.file, ()) for qualified in (link.made, link.source))
            if edited and link.equal(upstream):
                known.setdefault(link.made.name, []).append(link)
        for found in known.values():
            for link in found:
                compared += 1
                if not link.equal(fork):
                    problems.append(f"{link.made} is no longer what {link.source} makes it")
        if upstream.file(path).generated:
            for name in sorted(reached.get(path, set()) - set(known)):
                added = Link(QualifiedName(path, name), QualifiedName(path.replace("modeling_", "modular_"), name))
                both = fork.has(added.made) and fork.has(added.source)
                if not upstream.has(added.made) and both and added.equal(fork):
                    compared += 1
                    continue
                problems.append(f"{path}::{name} is generated and edited, and has no known source")
    return problems, compared


@app.command()
def compare(release: Annotated[str, typer.Option(envvar="TRANSFORMERS_UPSTREAM")] = DEFAULT_RELEASE) -> None:
    """Compare every edited definition of a fork with the definition that it is made or copied from."""
    layout = Layout()
    index = Index(layout.index(release))  # what a build has found; only read here
    upstream = Package(layout.upstream(release) / "transformers", index)
    fork = Package(layout.source(release) / "transformers", index)
    problems, compared = inconsistencies(upstream, fork, reached_definitions(layout, release))
    for problem in problems:
        print(problem)
    print(f"{compared} pairs compared, {len(problems)} inconsistencies")
    raise typer.Exit(int(bool(problems)))


def reached_definitions(layout: Layout, release: str) -> dict[str, set[str]]:
    """By file, the names of the definitions that edits reach, as the lock says."""
    reached: dict[str, set[str]] = {}
    for entry in lockfile.read(layout, release).values():
        for file, names in entry["reaches"].items():
            reached.setdefault(file, set()).update(names)
    return reached


if __name__ == "__main__":
    run(app)
