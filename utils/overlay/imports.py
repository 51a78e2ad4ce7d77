"""Merges the imports of our definitions into the files that the definitions reach."""

import ast
import re
import sys
from collections.abc import Iterator

from ast_grep_py import SgNode, SgRoot


def merge_imports(text: str, ours: str, levels: int = 0) -> str:
    """Add to `text` each import of `ours` for a name that `text` uses and does not import.

    Args:
        levels: how many folders deeper `text` lies than the file that `ours` is written for. Relative imports from
            outside of its folder get as many dots more.
    """
    ours = re.sub(r"^from (\.\.+)", lambda found: f"from {'.' * (len(found[1]) + levels)}", ours, flags=re.MULTILINE)
    wanted = [node for node in SgRoot(ours, "python").root().children() if _is_import(node)]
    if not wanted:
        return text
    root = SgRoot(text, "python").root()
    bound = {name for node in _all_imports(root) for name in _bound_names(node)}
    unbound = {name for node in wanted for name in _bound_names(node)} - bound
    used = unbound & set(used_names(text)) if unbound else set()
    for node in wanted:
        if missing := [name for name in _bound_names(node) if name in used]:
            text = _add(text, node, missing)
    return text


def used_names(text: str) -> Iterator[str]:
    """The names that code reads, also in annotations that are strings; not the words of comments and docstrings."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            yield node.id
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            for part in ast.walk(annotation) if annotation is not None else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield from re.findall(r"\w+", part.value)


def _is_import(node: SgNode) -> bool:
    return node.kind() in ("import_statement", "import_from_statement")


def _all_imports(root: SgNode) -> list[SgNode]:
    return [*root.find_all(kind="import_statement"), *root.find_all(kind="import_from_statement")]


def _names(node: SgNode) -> list[SgNode]:
    """The `a` and `b as c` of an import, without the module of a `from`."""
    module = node.field("module_name")
    names = [child for child in node.children() if child.kind() in ("dotted_name", "aliased_import")]
    return [name for name in names if module is None or name.range() != module.range()]


def _bound_names(node: SgNode) -> list[str]:
    return [re.split(r"\s+as\s+", name.text())[-1].split(".")[0] for name in _names(node)]


def _add(text: str, node: SgNode, missing: list[str]) -> str:
    """Put the import into the block of its kind (standard library, packages, relative), in the order of isort."""
    module = node.field("module_name")
    if module is not None:
        existing = re.compile(
            rf"^from {re.escape(module.text())} import (?:\((?P<many>[^)]*)\)|(?P<one>[^(\n]*))$", re.MULTILINE
        )
        if found := existing.search(text):
            names = {name.strip() for name in (found["many"] or found["one"]).split(",") if name.strip()} | set(
                missing
            )
            return text[: found.start()] + _statement(module.text(), names) + text[found.end() :]
        statement = _statement(module.text(), set(missing))
    else:
        statement = node.text()
    key = _sort_key(statement)
    lines = text.splitlines(keepends=True)
    imports = [
        child
        for child in SgRoot(text, "python").root().children()
        if _is_import(child) and "__future__" not in child.text()
    ]
    before = [child for child in imports if _sort_key(child.text()) < key]
    after = [child for child in imports if _sort_key(child.text()) >= key]
    if before and (not after or _kind(before[-1]) == key[0] or _kind(after[0]) != key[0]):
        at, gap = before[-1].range().end.line + 1, _kind(before[-1]) != key[0]
        statement = ("\n" if gap else "") + statement + "\n"
    elif after:
        at, gap = after[0].range().start.line, _kind(after[0]) != key[0]
        statement = statement + "\n" + ("\n" if gap else "")
    else:  # the first import of the file: below its docstring
        first = next(child for child in SgRoot(text, "python").root().children() if child.kind() != "comment")
        documented = first.text().lstrip("rR").startswith(('"', "'"))
        at = first.range().end.line + 1 if documented else first.range().start.line
        statement = f"\n{statement}\n" if documented else f"{statement}\n\n\n"
    return "".join([*lines[:at], statement, *lines[at:]])


def _statement(module: str, names: set[str]) -> str:
    ordered = sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= 119:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in ordered) + ")"


def _kind(node: SgNode) -> int:
    return _sort_key(node.text())[0]


def _sort_key(statement: str) -> tuple:
    _, module = statement.split()[:2]
    kind = 2 if module.startswith(".") else int(module.split(".")[0] not in sys.stdlib_module_names)
    depth = -(len(module) - len(module.lstrip(".")))
    return kind, statement.startswith("from"), depth, module
