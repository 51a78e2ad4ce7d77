"""Imports run one way: `core` and `facts` import nothing from `harness`, and `harness` nothing from a topic."""

import ast
from functools import cache
from pathlib import Path

import pytest

import transformers_conformance


PACKAGE = Path(transformers_conformance.__file__).parent
# Each may import itself and those before it. A topic may import itself and these.
SHARED = ("facts", "core", "harness")
LONGEST = 8  # modules in a chain of imports


def modules() -> dict[str, Path]:
    """Every module of the suite, by its dotted name below the package; the name of a package is its `__init__`."""
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
        for path in PACKAGE.rglob("*.py")
        if path.parent != PACKAGE
    }


def imported(name: str, path: Path, known: set[str]) -> set[str]:
    """The known modules that a module imports, at its top level or in functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = name.split(".")[: -node.level]
            target = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                candidates = (f"{target}.{alias.name}".strip("."), target, f"{target}.__init__")
                found.update(next(([x] for x in candidates if x in known), []))
    return found - {name}


def graph(files: dict[str, Path]) -> dict[str, set[str]]:
    return {name: imported(name, path, set(files)) for name, path in files.items()}


def backwards(arrows: dict[str, set[str]]) -> list[str]:
    """Imports of a later package by an earlier one, and of one topic by another."""

    def may(name: str, target: str) -> bool:
        package, imported = name.partition(".")[0], target.partition(".")[0]
        if package == "doctor":
            before = ("facts",)  # it runs where neither PyTorch nor Transformers is installed
        else:
            before = SHARED[: SHARED.index(package)] if package in SHARED else SHARED
        return imported in (package, *before)

    return [f"{name} -> {target}" for name in arrows for target in arrows[name] if not may(name, target)]


def longest_chain(arrows: dict[str, set[str]]) -> list[str]:
    @cache
    def chain(name: str) -> tuple[str, ...]:
        return (name, *max(map(chain, steps[name]), key=len, default=()))

    def handed_on(names: set[str]) -> set[str]:
        """Replaces a package by the modules that it re-exports, so that the package is not a step in a chain."""
        found = {name: handed_on(arrows[name]) if name.endswith("__init__") else {name} for name in names}
        return set().union(*found.values())

    steps = {name: handed_on(targets) for name, targets in arrows.items() if not name.endswith("__init__")}
    return list(max(map(chain, steps), key=len))


def test_imports_run_one_way():
    assert backwards(graph(modules())) == []


def test_no_chain_of_imports_is_long():
    chain = longest_chain(graph(modules()))
    assert len(chain) <= LONGEST, " -> ".join(chain)


@pytest.mark.parametrize("statement", ["from ..rope.spec import RotarySpec", "from ..rope import spec"])
def test_a_backward_import_is_found(tmp_path, statement):
    wrong = tmp_path / "wrong.py"
    wrong.write_text(statement)
    for name in ("harness.wrong", "masks.wrong", "doctor.wrong"):
        assert backwards(graph(modules() | {name: wrong})) == [f"{name} -> rope.spec"]


def test_a_long_chain_is_found():
    arrows = {f"core.m{n}": {f"core.m{n + 1}"} for n in range(LONGEST)} | {f"core.m{LONGEST}": set()}
    assert len(longest_chain(arrows)) == LONGEST + 1
