"""Every definition of a topic in a tree, found by the topic's rules."""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from overlay.engine import Tree

from .code import Code
from .topic import Function, SearchTopic, Sign


# What an index keeps holds for this code.
_CODE = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py")))).hexdigest()


@dataclass(frozen=True)
class FoundDefinition:
    """One definition of a topic: a function or method, by its file (under `transformers/`) and dotted name; its kinds,
    and the names of the rules that found it."""

    file: str
    name: str
    kinds: tuple[str, ...]
    rules: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        return self.file, self.name

    @property
    def label(self) -> str:
        return f"{self.file}::{self.name}"


def find(tree: Tree, topic: SearchTopic) -> list[FoundDefinition]:
    """Every definition of a topic, in the order of the tree's files."""
    functions = [function for file in tree.files for function in _look_at(tree, file, topic)]
    rules = topic.rules(functions)
    found = []
    for function in functions:
        holding = [rule for rule in rules if rule.holds(function)]
        holding = [rule for rule in holding if not rule.alone] or holding
        if holding:
            kinds = tuple(dict.fromkeys(rule.kind for rule in holding))
            found.append(FoundDefinition(function.file, function.name, kinds, tuple(rule.name for rule in holding)))
    return found


def _look_at(tree: Tree, file: str, topic: SearchTopic) -> Iterator[Function]:
    """The functions of a file with their signs; none where no line of its code names the topic."""
    text = tree.files[file]
    if not any(topic.words.search(line.partition("#")[0]) for line in text.splitlines()):
        return

    def look() -> dict[str, dict]:
        return {
            name: {sign: _as_json(seen) for sign, sees in topic.signs.items() if (seen := sees(code))}
            for name, node in _functions(ast.parse(text).body, "")
            for code in [Code(node)]
        }

    for name, signs in tree.index.recall(f"{topic.name}\0{_CODE}\0{text}", look).items():
        signs = {sign: frozenset(seen) if isinstance(seen, list) else seen for sign, seen in signs.items()}
        yield Function(file, name, signs)


def _as_json(seen: Sign) -> bool | list[str]:
    return sorted(seen) if isinstance(seen, frozenset) else bool(seen)


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
