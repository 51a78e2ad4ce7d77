"""The variants that definitions come in: those that are equal are one variant."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from overlay import definitions
from overlay.engine import Tree

from .scan import FoundDefinition


@dataclass(frozen=True)
class Variant:
    """Definitions that are equal, with docstrings, annotations, decorators and the model's name prefix left out."""

    root: FoundDefinition
    copies: tuple[FoundDefinition, ...]


def group(found: Iterable[FoundDefinition], tree: Tree, roots: Iterable[tuple[str, str]] = ()) -> list[Variant]:
    """The variants of definitions. Those at `roots` (file, name) are the roots of theirs; otherwise the root is one
    that upstream wrote and did not generate."""
    roots = set(roots)
    by_name = defaultdict(list)
    for one in sorted(found, key=lambda one: (one.place not in roots, _is_generated(one.file, tree), one.place)):
        by_name[one.name.rpartition(".")[2], one.name.count(".")].append(one)
    variants = []
    for waiting in by_name.values():
        while waiting:
            root = waiting[0]
            copies = [one for one in waiting if one is root or _equals(root, one, tree)]
            variants.append(Variant(root, tuple(copies)))
            taken = {one.place for one in copies}
            waiting = [one for one in waiting if one.place not in taken]
    return sorted(variants, key=lambda variant: (variant.root.kinds, -len(variant.copies), variant.root.place))


def _is_generated(file: str, tree: Tree) -> bool:
    return file.replace("modeling_", "modular_") in tree.files and "modular_" not in file


def _equals(root: FoundDefinition, other: FoundDefinition, tree: Tree) -> bool:
    prefix = definitions.prefix_of_copy(root.name, tree.prefix(root.file), other.name, tree.prefix(other.file))
    digest = tree.index.fingerprint(text_of(root, tree), tree.prefix(root.file))
    return tree.index.fingerprint(text_of(other, tree), prefix) == digest


def text_of(definition: FoundDefinition, tree: Tree) -> str:
    """The lines of a definition, decorators included.

    Raises:
        KeyError: its file has no such definition.
    """
    for span in tree.spans(definition.file):
        if span.name == definition.name:
            return span.text(tree.lines(definition.file))
    raise KeyError(definition.label)
