"""Applies edits to a tree of files in memory: finds the definitions that each edit reaches, and changes them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import definitions
from .definitions import LineSpan
from .edits import Edit, Root
from .errors import OverlayError
from .imports import merge_imports
from .index import Index
from .rewrite import apply_rule


@dataclass(frozen=True)
class EditTarget:
    """One definition that an edit reaches from one of its roots. `prefix` is the name prefix of its model.

    The span of an addition is empty. If `at_end` is set, the addition goes to the end of its class or file; otherwise
    it goes in front of a definition.
    """

    edit: Edit
    root: Root
    file: str
    span: LineSpan
    prefix: str = ""
    at_end: bool = False


@dataclass(frozen=True)
class Reach:
    """What an edit reaches from one of its roots in a release.

    Attributes:
        fingerprint: the root's; None for an addition.
        targets: the definitions that equal the root.
        generated_from: the modular file that the root's file is generated from; None if a person writes the file.
    """

    edit: Edit
    root: Root
    fingerprint: str | None
    targets: tuple[EditTarget, ...]
    generated_from: str | None = None

    @property
    def label(self) -> str:
        return f"{self.edit.kind} {self.root} ({self.edit.description})"

    @property
    def key(self) -> str:
        """Its name in the lock."""
        return self.edit.key(self.root)


class PackageFiles(Mapping[str, str]):
    """The texts of a package's Python files. A file is read when its text is needed for the first time."""

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
        index: what is known of texts from earlier builds.
        identity: a string that no other tree has, such as a digest.
    """

    def __init__(self, files: Mapping[str, str], index: Index, identity: str):
        self.files = files
        self.index = index
        self.identity = identity
        self.lines = cache(lambda file: files[file].splitlines(keepends=True))
        self.spans = cache(lambda file: [*index.definitions(files[file]), *index.headers(files[file])])
        self.prefix = cache(lambda file: definitions.class_prefix(files[file]))
        self.files_defining = cache(self._files_defining)
        self.generated_from = cache(lambda file: definitions.generated_from(files[file]))

    def _files_defining(self, name: str) -> list[str]:
        needle = re.compile(rf"^[ \t]*(?:async def|def|class) {re.escape(name)}\b", re.MULTILINE)
        return [file for file, text in self.files.items() if f" {name}" in text and needle.search(text)]


def reaches_of(edit: Edit, tree: Tree, release: str) -> list[Reach]:
    """Each root that an edit has in this release, and every definition of the tree that equals it.

    Raises:
        OverlayError: upstream has no such file or definition; or it already has the definition that the edit adds; or
            two roots are the same definition, or copies of each other.
    """
    reaches = [find_reach(edit, root, tree, release) for root in edit.roots if root.releases.contains(release)]
    reached: dict[tuple[str, LineSpan], Root] = {}
    for target in (target for reach in reaches for target in reach.targets):
        first = reached.setdefault((target.file, target.span), target.root)
        if first is not target.root:
            raise OverlayError(
                f"reached from two roots: it equals {first} and {target.root}",
                way_out="take the second root out of `extra_roots`: copies follow the first",
                file=target.file,
                definition=target.span.name,
                edit=edit.label,
                release=release,
            )
    return reaches


def find_reach(edit: Edit, root: Root, tree: Tree, release: str) -> Reach:
    """What an edit reaches from one of its roots.

    Raises:
        OverlayError: upstream has no such file or definition, or it already has the definition that the edit adds.
    """

    def moved(problem: str) -> OverlayError:
        return OverlayError(
            problem,
            way_out="see what upstream changed; correct the edit, or remove it if upstream has repaired the error",
            file=root.file,
            definition=root.name,
            edit=edit.label,
            release=release,
        )

    if root.file not in tree.files:
        raise moved("upstream has no such file")
    span = next((span for span in tree.spans(root.file) if span.name == root.name), None)
    if edit.kind == "addition":
        if span:
            raise moved("upstream has a definition of that name: it cannot be added")
        owner = root.name.rpartition(".")[0]
        if owner and all(span.name != owner for span in tree.spans(root.file)):
            raise moved("upstream has no such class to add it to")
        targets = tuple(_place_for(edit, file, tree) for file in _files_of_addition(root, tree))
        return Reach(edit, root, None, targets, tree.generated_from(root.file))
    if not span:
        raise moved("upstream has no such definition")
    search = _search_heirs if edit.kind == "base" else _search_copies
    digest, copies = tree.index.copies(tree.identity, str(root), lambda: search(root.file, span, tree))
    targets = tuple(EditTarget(edit, root, file, LineSpan(*span), prefix) for file, span, prefix in copies)
    return Reach(edit, root, digest, targets, tree.generated_from(root.file))


def _search_copies(root_file: str, root: LineSpan, tree: Tree) -> tuple[str, list]:
    """The fingerprint of a root, and all definitions that have the same name, depth and fingerprint as the root. The
    root itself is one of them."""
    root_prefix = tree.prefix(root_file)
    digest = tree.index.fingerprint(root.text(tree.lines(root_file)), root_prefix)
    simple, depth = root.name.split(".")[-1], root.name.count(".")
    words = definitions.words_of(root.text(tree.lines(root_file)), root_prefix)
    words = [word for word in words if word not in root.name.split(".")]  # copies may have another class name
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
    return digest, found


def _search_heirs(root_file: str, root: LineSpan, tree: Tree) -> tuple[str, list]:
    """What a class inherits from, and the headers of all classes that have the same bases and the same name, if the
    prefix of the model is left out. `root` is the header of the class."""
    bases = definitions.bases_of(root.text(tree.lines(root_file)))
    inherited = _inherited(bases, tree.files[root_file])
    suffix = root.name.removeprefix("class ").removeprefix(tree.prefix(root_file))
    found = []
    for file, text in tree.files.items():
        if f"{suffix}({bases})" in text and _inherited(bases, text) == inherited:
            for span in tree.spans(file):
                if span.name.startswith("class ") and f"{suffix}({bases})" in span.text(tree.lines(file)):
                    found.append([file, [span.name, span.start, span.end], ""])
    return f"{suffix}({', '.join(inherited)})", found


def _inherited(bases: str, source: str) -> list[str]:
    return [definitions.origin_of(base.strip(), source) or base.strip() for base in bases.split(",")]


def _files_of_addition(root: Root, tree: Tree) -> list[str]:
    """The file of an addition, and the files that are generated from it and have its class."""
    folder, _, name = root.file.rpartition("/")
    owner = root.name.rpartition(".")[0]
    if not (name.startswith("modular_") and owner):
        return [root.file]
    return [root.file] + [
        file
        for file in tree.files_defining(owner)
        if file != root.file and file.rpartition("/")[0] == folder and f"{folder}/{name}" in tree.files[file]
    ]


def _place_for(edit: Edit, file: str, tree: Tree) -> EditTarget:
    """Where an added definition goes. Among the definitions that follow it in our file, the first one that upstream
    has decides: the addition goes in front of it. If there is none, it goes to the end of its class, or after the last
    definition of the file."""
    root = edit.roots[0]
    name, owner = root.name, root.name.rpartition(".")[0]
    spans = tree.spans(file)
    known = {span.name: span for span in spans}
    ours = [span.name for span in edit.source.leaves]
    for following in ours[ours.index(name) + 1 :]:
        neighbour = following if following.rpartition(".")[0] == owner else following.split(".")[0]
        if neighbour in known and neighbour.rpartition(".")[0] == owner:
            start = known[neighbour].start
            return EditTarget(edit, root, file, LineSpan(name, start, start))
    end = known[owner].end if owner else max(span.end for span in spans)
    return EditTarget(edit, root, file, LineSpan(name, end, end), at_end=True)


def transform(target: EditTarget, text: str) -> tuple[str, int]:
    """The new text of one definition, and how often the edit applied (0: the text has the edit already)."""
    edit = target.edit
    if edit.kind == "rewrite":
        fix = definitions.rename_prefix(edit.fix, edit.prefix, target.prefix)
        return apply_rule(text, edit.rule, edit.constraints, fix)
    if edit.kind == "base":
        bases = definitions.bases_of(text)
        new = text if edit.fix in bases.split(", ") else text.replace(f"({bases})", f"({edit.fix}, {bases})")
        return new, int(new != text)
    ours = our_definition(edit)
    if edit.kind == "addition":
        if text:
            return text, 0
        gap = "\n" if "." in target.root.name else "\n\n"
        return gap + ours if target.at_end else ours + gap, 1
    new = _replace(text, definitions.rename_prefix(ours, edit.prefix, target.prefix))
    return new, int(new != text)


def our_definition(edit: Edit) -> str:
    span = next(span for span in edit.source.leaves if span.name == edit.roots[0].name)
    return span.text(edit.source.lines)


def _replace(text: str, ours: str) -> str:
    """`ours` in place of `text`. The name and the decorators of `text` stay. Its docstring stays if `ours` has none.
    Its header stays, with the annotations, if both have the same arguments."""
    old, new = definitions.split(text), definitions.split(ours)
    header = old.header
    if new.arguments != old.arguments:
        header = re.sub(rf"\bdef {new.name}\b", f"def {old.name}", new.header, count=1)
        header = definitions.reindent(header, old.indent)
    docstring = definitions.reindent(new.docstring, old.indent + "    ") if new.docstring else old.docstring
    return old.decorators + header + docstring + definitions.reindent(new.body, old.indent + "    ")


@dataclass(frozen=True)
class EditedFiles:
    """The changed files, and how often the edit of each root applied."""

    files: dict[str, str]
    counts: dict[Root, int]


def apply(reaches: Iterable[Reach], tree: Tree) -> EditedFiles:
    """Apply edits in order. In one file, an inner definition is edited before the definition that contains it."""
    by_file: dict[str, list[EditTarget]] = defaultdict(list)
    counts: dict[Root, int] = {}
    for reach in reaches:
        counts[reach.root] = 0
        for target in reach.targets:
            by_file[target.file].append(target)
    changed = {}
    for file, targets in by_file.items():
        new = _apply_to_file(tree.files[file], targets, counts)
        if new != tree.files[file]:
            changed[file] = new
    return EditedFiles(changed, counts)


def _apply_to_file(source: str, targets: list[EditTarget], counts: dict[Root, int]) -> str:
    lines = source.splitlines(keepends=True)
    spans = {id(target): [target.span.start, target.span.end] for target in targets}
    for target in sorted(targets, key=lambda one: one.span.end - one.span.start):
        start, end = spans[id(target)]
        new, times = transform(target, "".join(lines[start:end]))
        counts[target.root] += times
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
    for edit in {target.edit.source.path: target.edit for target in targets if target.edit.source}.values():
        levels = targets[0].file.count("/") - edit.roots[0].file.count("/")
        text = merge_imports(text, edit.source.text, levels)
    return text
