"""Every RoPE definition of a tree, and the variants that they come in."""

import ast
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from overlay import definitions
from overlay.engine import Tree

from . import recognise
from .recognise import Facts, Surroundings, facts_of, kinds_of


_CODE = hashlib.sha256(Path(recognise.__file__).read_bytes() + Path(__file__).read_bytes()).hexdigest()
# Files that say none of this hold nothing that is looked for.
_SPEAKS = re.compile(
    r"\b(cos|sin)\(|view_as_complex|(cat|stack|concat\w*)\(\s*[\[(][^\])]*?-[a-z_]|\.neg\(|\] = -[a-z]"
    f"|{recognise.ROTARY_WORD.pattern}"
)


@dataclass(frozen=True)
class Definition:
    """One RoPE definition: a function or method, by its file (under `transformers/`) and dotted name."""

    file: str
    name: str
    kinds: tuple[str, ...]

    @property
    def place(self) -> tuple[str, str]:
        return self.file, self.name

    @property
    def label(self) -> str:
        return f"{self.file}::{self.name}"


@dataclass(frozen=True)
class Variant:
    """Definitions that are equal, with docstrings, annotations, decorators and the model's name prefix left out."""

    root: Definition
    copies: tuple[Definition, ...]


def find_rope(tree: Tree) -> list[Definition]:
    """Every RoPE definition of a tree, in the order of its files."""
    facts, rotary_files = {}, set()
    for file in tree.files:
        names_rope, functions = _look_at(tree, file)
        facts |= {(file, name): found for name, found in functions.items()}
        if names_rope:
            rotary_files.add(file)
    rotations = frozenset(_simple(name) for (_, name), found in facts.items() if found.exchanges)
    mixing = {place for place, found in facts.items() if found.mixes & rotations}
    rotary_files |= {file for file, _ in mixing}
    rotations |= {_simple(name) for _, name in mixing}
    rotations |= {_simple(name) for (file, name), found in facts.items() if found.turns and file in rotary_files}
    matrices = frozenset(_simple(name) for (_, name), found in facts.items() if found.matrices)
    rotations |= {_simple(name) for (_, name), found in facts.items() if found.contracts & matrices}
    rotations -= {"forward", "__init__"}  # names that say nothing of whose they are
    tables, absolutes = _classes(facts)
    found = []
    for (file, name), fact in facts.items():
        owner = (file, name.rpartition(".")[0])
        around = Surroundings(
            in_table_class=owner in tables and file in rotary_files,
            in_absolute_class=owner in absolutes or (file, name) in absolutes,
            in_rotary_file=file in rotary_files,
            rotations=rotations,
            matrices=matrices,
        )
        if kinds := kinds_of(fact, around):
            found.append(Definition(file, name, kinds))
    return found


def _simple(name: str) -> str:
    return name.rpartition(".")[2]


def _classes(facts: dict[tuple[str, str], Facts]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The classes that make rotary tables; and the classes and functions whose sinusoids stay in one tensor, in files
    that cut none apart."""
    members = defaultdict(list)
    for (file, name), found in facts.items():
        members[file, name.rpartition(".")[0]].append(found)
    unjoining = {file for (file, _), found in facts.items() if found.unjoins}
    tables, absolutes = set(), set()
    for (file, owner), inside in members.items():
        if not owner:
            continue
        circling = [one for one in inside if one.circles or one.joins]
        if recognise.ROTARY_CLASS.search(owner):
            tables.add((file, owner))
        elif circling and all(one.joins for one in circling) and file not in unjoining:
            absolutes.add((file, owner))
        elif circling and any(one.powers for one in inside):
            tables.add((file, owner))
    for (file, name), found in facts.items():
        if found.joins and file not in unjoining and (file, name.rpartition(".")[0]) not in tables:
            absolutes.add((file, name))
    return tables, absolutes


def _look_at(tree: Tree, file: str) -> tuple[bool, dict[str, Facts]]:
    """Whether a file's code speaks of RoPE, and the facts of its functions; none where it says nothing that counts."""
    text = tree.files[file]

    def find() -> list:
        if not _SPEAKS.search(text):
            return [False, {}]
        lines = text.splitlines(keepends=True)
        found = {}
        for name, node in _functions(ast.parse(text).body, ""):
            found[name] = {}
            if recognise.speaks("".join(lines[node.lineno - 1 : node.end_lineno])):
                facts = {key: value for key, value in vars(facts_of(node)).items() if value}
                found[name] = {key: sorted(value) if value is not True else True for key, value in facts.items()}
        return [any(recognise.ROTARY_WORD.search(line.partition("#")[0]) for line in lines), found]

    names_rope, kept = tree.index.recall(f"rope\0{_CODE}\0{text}", find)
    return names_rope, {
        name: Facts(**{key: frozenset(value) if isinstance(value, list) else value for key, value in facts.items()})
        for name, facts in kept.items()
    }


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions at the level of the module and of classes, those that depend on an optional import too."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, (ast.If, ast.Try)):
            for block in (node.body, node.orelse, *(handler.body for handler in getattr(node, "handlers", []))):
                yield from _functions(block, prefix)


def group(found: Iterable[Definition], tree: Tree, roots: Iterable[tuple[str, str]] = ()) -> list[Variant]:
    """The variants of definitions. Those at `roots` (file, name) come first, so that they stand for their copies; else
    the root is one that upstream wrote rather than generated."""
    roots = set(roots)
    alike = defaultdict(list)
    for one in sorted(found, key=lambda one: (one.place not in roots, _is_generated(one.file, tree), one.place)):
        alike[_simple(one.name), one.name.count(".")].append(one)
    variants = []
    for waiting in alike.values():
        while waiting:
            root = waiting[0]
            copies = [one for one in waiting if one is root or _equals(root, one, tree)]
            variants.append(Variant(root, tuple(copies)))
            taken = {one.place for one in copies}
            waiting = [one for one in waiting if one.place not in taken]
    return sorted(variants, key=lambda variant: (variant.root.kinds, -len(variant.copies), variant.root.place))


def _is_generated(file: str, tree: Tree) -> bool:
    return file.replace("modeling_", "modular_") in tree.files and "modular_" not in file


def _equals(root: Definition, other: Definition, tree: Tree) -> bool:
    prefix = definitions.prefix_of_copy(root.name, tree.prefix(root.file), other.name, tree.prefix(other.file))
    digest = tree.index.fingerprint(text_of(root, tree), tree.prefix(root.file))
    return tree.index.fingerprint(text_of(other, tree), prefix) == digest


def text_of(definition: Definition, tree: Tree) -> str:
    """The lines of a definition, decorators included.

    Raises:
        KeyError: its file has no such definition.
    """
    for span in tree.spans(definition.file):
        if span.name == definition.name:
            return span.text(tree.lines(definition.file))
    raise KeyError(definition.label)
