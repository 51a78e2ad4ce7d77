"""Edits applied to a tree of files, in memory: which definitions each one reaches, and what they become."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import definitions
from .definitions import Span
from .edits import Edit
from .errors import OverlayError
from .imports import merge_imports
from .index import Index
from .rewrite import apply_rule


@dataclass(frozen=True)
class Target:
    """One definition that an edit reaches. `prefix` is its model's name prefix, `root_prefix` the root's.

    The span of an addition is empty; `at_end` says that it closes its class or file instead of preceding a definition.
    """

    edit: Edit
    file: str
    span: Span
    prefix: str = ""
    root_prefix: str = ""
    at_end: bool = False


@dataclass(frozen=True)
class Reach:
    """What one edit reaches in a release: the fingerprint of each root, and the definitions that equal it."""

    edit: Edit
    fingerprints: tuple[str, ...]
    targets: tuple[Target, ...]


class PackageFiles(Mapping[str, str]):
    """The texts of a package's Python files, read when they are asked for."""

    def __init__(self, package: Path, names: Iterable[str]):
        self._names = dict.fromkeys(names)
        self._read = cache(lambda name: (package / name).read_text("utf-8"))

    def __getitem__(self, name: str) -> str:
        if name not in self._names:
            raise KeyError(name)
        return self._read(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Tree:
    """The Python files of a package. Their names are paths under the package, with forward slashes.

    Args:
        files: their texts.
        index: what is kept of texts between builds.
        identity: what tells this tree from any other, such as its digest.
    """

    def __init__(self, files: Mapping[str, str], index: Index, identity: str):
        self.files = files
        self.index = index
        self.identity = identity
        self.lines = cache(lambda file: files[file].splitlines(keepends=True))
        self.spans = cache(lambda file: index.definitions(files[file]))
        self.prefix = cache(lambda file: definitions.class_prefix(files[file]))
        self.files_defining = cache(self._files_defining)

    def _files_defining(self, name: str) -> list[str]:
        needle = re.compile(rf"^[ \t]*(?:async def|def|class) {re.escape(name)}\b", re.MULTILINE)
        return [file for file, text in self.files.items() if f" {name}" in text and needle.search(text)]


def find_reach(edit: Edit, tree: Tree, release: str) -> Reach:
    """The root of an edit and every definition of the tree that equals it.

    Raises:
        OverlayError: upstream has no such file or definition, or already has one that the edit would add.
    """
    way_out = "see what upstream did to it; then mend the edit, or drop it where upstream has applied it"
    if edit.file not in tree.files:
        raise OverlayError(
            "upstream has no such file", way_out=way_out, file=edit.file, edit=edit.label, release=release
        )
    targets, fingerprints = [], []
    for name in edit.names:
        roots = [span for span in tree.spans(edit.file) if span.name == name]
        if edit.kind == "addition":
            if roots:
                problem = "upstream has a definition of that name: it cannot be added"
                raise OverlayError(problem, way_out=way_out, file=edit.file, definition=name, release=release)
            targets.append(_place_for(edit, tree))
            continue
        if not roots:
            raise OverlayError(
                "upstream has no such definition",
                way_out=way_out,
                file=edit.file,
                definition=name,
                edit=edit.label,
                release=release,
            )
        digest, found = _find_copies(edit, roots[0], tree)
        fingerprints.append(digest)
        targets += found
    return Reach(edit, tuple(fingerprints), tuple(targets))


def _find_copies(edit: Edit, root: Span, tree: Tree) -> tuple[str, list[Target]]:
    """The fingerprint of a root, and the definitions of its name, at its depth, that share it: the root among them."""
    digest, root_prefix, copies = tree.index.copies(
        tree.identity, f"{edit.file}\0{root.name}", lambda: _search_copies(edit.file, root, tree)
    )
    return digest, [Target(edit, file, Span(*span), prefix, root_prefix) for file, span, prefix in copies]


def _search_copies(root_file: str, root: Span, tree: Tree) -> tuple[str, str, list]:
    root_prefix = tree.prefix(root_file)
    digest = tree.index.fingerprint(root.text(tree.lines(root_file)), root_prefix)
    simple, depth = root.name.split(".")[-1], root.name.count(".")
    words = definitions.words_of(root.text(tree.lines(root_file)), root_prefix)
    words = [word for word in words if word not in root.name.split(".")]  # the name of a class is not its copy's
    found = []
    for file in tree.files_defining(simple):
        if not all(word in tree.files[file] for word in words):
            continue
        for span in tree.spans(file):
            text = span.text(tree.lines(file))
            if (
                span.name.split(".")[-1] == simple
                and span.name.count(".") == depth
                and all(word in text for word in words)
            ):
                prefix = definitions.prefix_of_copy(root.name, root_prefix, span.name, tree.prefix(file))
                if tree.index.fingerprint(text, prefix) == digest:
                    found.append([file, [span.name, span.start, span.end], prefix])
    return digest, root_prefix, found


def _place_for(edit: Edit, tree: Tree) -> Target:
    """Where an added definition goes: before the next one of our file that upstream has, else at the end of its class,
    or after the last definition of the file."""
    name = edit.names[0]
    owner = name.rpartition(".")[0]
    spans = tree.spans(edit.file)
    known = {span.name: span for span in spans}
    ours = [span.name for span in edit.source.leaves]
    for following in ours[ours.index(name) + 1 :]:
        neighbour = following if following.rpartition(".")[0] == owner else following.split(".")[0]
        if neighbour in known and neighbour.rpartition(".")[0] == owner:
            start = known[neighbour].start
            return Target(edit, edit.file, Span(name, start, start))
    end = known[owner].end if owner else max(span.end for span in spans)
    return Target(edit, edit.file, Span(name, end, end), at_end=True)


def transform(target: Target, text: str) -> tuple[str, int]:
    """What the edit makes of one definition, and how often it took hold (0: the text has it already)."""
    edit = target.edit
    if edit.kind == "rewrite":
        fix = definitions.rename_prefix(edit.fix, target.root_prefix, target.prefix)
        return apply_rule(text, edit.rule, edit.constraints, fix)
    ours = _our_definition(edit)
    if edit.kind == "addition":
        if text:
            return text, 0
        gap = "\n" if "." in edit.names[0] else "\n\n"
        return gap + ours if target.at_end else ours + gap, 1
    new = _replace(text, definitions.rename_prefix(ours, target.root_prefix, target.prefix))
    return new, int(new != text)


def _our_definition(edit: Edit) -> str:
    span = next(span for span in edit.source.leaves if span.name == edit.names[0])
    return span.text(edit.source.lines)


def _replace(text: str, ours: str) -> str:
    """`ours` in place of `text`, which keeps its decorators, and its annotations and docstring where ours has none."""
    old, new = definitions.split(text), definitions.split(ours)
    header = old.header if new.arguments == old.arguments else definitions.reindent(new.header, old.indent)
    docstring = definitions.reindent(new.docstring, old.indent + "    ") if new.docstring else old.docstring
    return old.decorators + header + docstring + definitions.reindent(new.body, old.indent + "    ")


@dataclass(frozen=True)
class Result:
    """Changed files, what reached them, and how often each edit took hold."""

    files: dict[str, str]
    counts: dict[Edit, int]


def apply(reaches: Iterable[Reach], tree: Tree) -> Result:
    """Apply edits in order. Inside one file a small definition is edited before one that encloses it."""
    by_file: dict[str, list[Target]] = defaultdict(list)
    counts: dict[Edit, int] = {}
    for reach in reaches:
        counts[reach.edit] = 0
        for target in reach.targets:
            by_file[target.file].append(target)
    changed = {}
    for file, targets in by_file.items():
        new = _apply_to_file(tree.files[file], targets, counts)
        if new != tree.files[file]:
            changed[file] = new
    return Result(changed, counts)


def _apply_to_file(source: str, targets: list[Target], counts: dict[Edit, int]) -> str:
    lines = source.splitlines(keepends=True)
    spans = {id(target): [target.span.start, target.span.end] for target in targets}
    for target in sorted(targets, key=lambda one: one.span.end - one.span.start):
        start, end = spans[id(target)]
        new, times = transform(target, "".join(lines[start:end]))
        counts[target.edit] += times
        grown = new.splitlines(keepends=True)
        lines[start:end] = grown
        delta = len(grown) - (end - start)
        enclosing = {
            id(other)
            for other in targets
            if (target.span.name + ".").startswith(other.span.name + ".")
            and spans[id(other)][0] <= start
            and spans[id(other)][1] >= end
        }
        for other, span in spans.items():
            if other in enclosing:
                span[1] += delta
            elif span[0] >= end:
                span[0] += delta
                span[1] += delta
    text = "".join(lines)
    for source_file in {
        target.edit.source.path: target.edit.source for target in targets if target.edit.source
    }.values():
        text = merge_imports(text, source_file.text)
    return text
