"""Python definitions as text: which lines of a file they are, and their fingerprints, which leave out names and prose.

A definition is a function, a class, or a member of a class, named by its dotted path (`LlamaRotaryEmbedding.forward`).
It always covers whole lines, so that an edit can replace its lines and leave every other byte alone.
"""

import ast
import hashlib
import os
import re
import textwrap
from dataclasses import dataclass

from ast_grep_py import SgNode, SgRoot


@dataclass(frozen=True)
class LineSpan:
    """The lines `[start, end)` of a definition (from 0, decorators included) and its dotted name."""

    name: str
    start: int
    end: int

    def text(self, lines: list[str]) -> str:
        return "".join(lines[self.start : self.end])


def find_definitions(source: str) -> list[LineSpan]:
    """Every function and class of `source` at module or class level, in the order of the file."""
    spans: list[LineSpan] = []
    _collect(SgRoot(source, "python").root(), "", spans)
    return spans


def find_headers(source: str) -> list[LineSpan]:
    """The lines of every class of a module, from `class` to the colon, if the class names bases. A header is
    named by the words of its line: `class LlamaRotaryEmbedding`."""
    nodes = SgRoot(source, "python").root().find_all(kind="class_definition")
    found = [(node, node.field("superclasses")) for node in nodes if node.field("superclasses")]
    return [
        LineSpan(f"class {node.field('name').text()}", node.range().start.line, bases.range().end.line + 1)
        for node, bases in found
        if bases.range().end.line < node.field("body").range().start.line
    ]


def bases_of(header: str) -> str:
    """The bases that a header names, as text."""
    return header[header.index("(") + 1 : header.rindex(")")]


def origin_of(name: str, source: str) -> str | None:
    """The full name of what a module imports as `name`: `torch.nn` for `nn`, after `from torch import nn`."""
    parts = name.split(".")
    for found in re.finditer(r"^ *(?:from (\S+) )?import ([^\n(]+|\([^)]*\))", source, re.MULTILINE):
        for imported in found[2].strip("()").split(","):
            there, _, here = imported.strip().partition(" as ")
            if parts[0] == (here or there if found[1] else here or there.split(".")[0]):
                there = f"{found[1]}.{there}" if found[1] else there if here else there.split(".")[0]
                return ".".join((there, *parts[1:]))
    return None


def _collect(block: SgNode, prefix: str, spans: list[LineSpan]) -> None:
    for outer in block.children():
        node = outer
        if outer.kind() == "decorated_definition":
            node = outer.field("definition")
        if node.kind() in ("if_statement", "try_statement", "else_clause", "except_clause", "block"):
            _collect(node, prefix, spans)  # definitions that depend on an optional import
        elif node.kind() in ("function_definition", "class_definition"):
            name = prefix + node.field("name").text()
            spans.append(LineSpan(name, outer.range().start.line, node.range().end.line + 1))
            if node.kind() == "class_definition":
                _collect(node.field("body"), name + ".", spans)


def class_prefix(source: str) -> str:
    """What the class names of a model's file have in common (`Llama`), or an empty string."""
    named = re.search(r"^class (\w+?)PreTrainedModel\b", source, re.MULTILINE)
    if named:
        return named.group(1)
    prefix = os.path.commonprefix(re.findall(r"^class (\w+)", source, re.MULTILINE))
    return prefix if prefix and prefix[0].isupper() and len(prefix) > 2 else ""


def generated_from(source: str) -> str | None:
    """The modular file that a file is generated from, as its first lines name it; None if a person writes it."""
    found = re.search(r"automatically generated from (?:src/transformers/)?(\S+\.py)\b", source[:1000])
    return found.group(1) if found else None


def prefix_in(text: str, file: str) -> str:
    """How the class names in `text` spell the model of a file: `GPTNeoX` for `models/gpt_neox/modeling_gpt_neox.py`;
    an empty string if none names it."""
    if not file.startswith("models/"):
        return ""
    letters = file.split("/")[-2].replace("_", "")
    found = re.search(rf"\b(?i:{'_?'.join(map(re.escape, letters))})(?=[A-Z])", text)
    return found.group() if found and found.group()[0].isupper() else ""


def prefix_of_copy(root_name: str, root_prefix: str, name: str, file_prefix: str) -> str:
    """The model prefix in the definition `name`, where the root has `root_prefix`.

    A class tells it best (`AriaTextRotaryEmbedding` beside `LlamaRotaryEmbedding` gives `AriaText`); functions take
    that of their file.
    """
    if "." in root_name and "." in name and root_prefix:
        suffix = root_name.split(".")[0].removeprefix(root_prefix)
        owner = name.split(".")[0]
        if suffix and owner.endswith(suffix):
            return owner.removesuffix(suffix)
    return file_prefix


def parse(text: str) -> ast.stmt:
    """The syntax tree of one definition, given as the lines of a file that hold it."""
    return ast.parse(textwrap.dedent(text)).body[0]


def has_docstring(node: ast.AST) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _bare(text: str) -> ast.stmt:
    """The syntax tree of a definition without its decorators, docstrings and annotations."""
    tree = parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            node.decorator_list = []
            if has_docstring(node):
                node.body = node.body[1:]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return tree


def fingerprint(text: str, prefix: str) -> str:
    """A digest of what a definition does. It leaves out docstrings, annotations, decorators, comments, layout and the
    name prefix of the model, so a copy has the digest of its root."""
    dump = ast.dump(_bare(text))
    if prefix:
        dump = re.sub(rf"\b{re.escape(prefix)}(?=[A-Z]|\b)", "\N{SECTION SIGN}", dump)
    return hashlib.sha256(dump.encode()).hexdigest()[:16]


def words_of(text: str, prefix: str) -> list[str]:
    """The identifiers that every copy of a definition must have too, the longest first."""
    words = set(re.findall(r"(?:id|attr|arg|name)='(\w+)'", ast.dump(_bare(text))))
    return sorted((word for word in words if not (prefix and prefix in word)), key=lambda word: (-len(word), word))


def rename_prefix(text: str, old: str, new: str) -> str:
    """`text` with the model's prefix in its identifiers renamed (`LlamaConfig` -> `GPTNeoXConfig`)."""
    if not old or old == new:
        return text
    return re.sub(rf"\b{re.escape(old)}(?=[A-Z])", new, text)


@dataclass(frozen=True)
class FunctionParts:
    """One function: its name, and its lines, which are decorators, header (`def ...:`), docstring and body."""

    name: str
    decorators: str
    header: str
    docstring: str
    body: str
    indent: str
    arguments: str


def split(text: str) -> FunctionParts:
    """Cut a function into its parts. Comments between the docstring and the first statement belong to the body."""
    lines = text.splitlines(keepends=True)
    node = parse(text)
    indent = re.match(r"[ \t]*", lines[0]).group()
    first = node.body[0]
    header_end = _body_start(lines, node)
    docstring_end = first.end_lineno if has_docstring(node) else header_end
    for arg in ast.walk(node.args):
        if isinstance(arg, ast.arg):
            arg.annotation = None
    return FunctionParts(
        name=node.name,
        decorators="".join(lines[: node.lineno - 1]),
        header="".join(lines[node.lineno - 1 : header_end]),
        docstring="".join(lines[header_end:docstring_end]),
        body="".join(lines[docstring_end:]),
        indent=indent,
        arguments=ast.dump(node.args),
    )


def _body_start(lines: list[str], node: ast.FunctionDef) -> int:
    """The index of the first line after the header's colon."""
    last = max(
        [node.lineno]
        + [part.end_lineno for part in ast.walk(node.args) if getattr(part, "end_lineno", None)]
        + ([node.returns.end_lineno] if node.returns else [])
    )
    for index in range(last - 1, len(lines)):
        if lines[index].split("#")[0].rstrip().endswith(":"):
            return index + 1
    raise ValueError(f"{node.name} has its body on the line of its header")


def reindent(text: str, indent: str) -> str:
    return textwrap.indent(textwrap.dedent(text), indent)
