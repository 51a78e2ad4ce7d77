"""The code of one function as a topic's rules look at it: calls, products, joins, and where values come from."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property


JOINS = {"cat", "concat", "concatenate", "stack", "hstack"}
CUTS = {"chunk", "split", "tensor_split", "unbind", "split_with_sizes"}
# Calls that keep the channels of their tensor, but for shape, order of axes, type and device.
RESHAPES = {
    "to", "float", "type", "type_as", "view", "view_as", "reshape", "unsqueeze", "squeeze", "transpose", "permute",
    "flatten", "unflatten", "expand", "expand_as", "contiguous", "clone", "repeat", "repeat_interleave",
}  # fmt: skip


Sum = list[tuple[ast.AST, ast.AST]]  # two products, each as its two factors


class Code:
    """One function, with the functions inside it.

    Attributes:
        nodes: all nodes of its syntax tree.
    """

    def __init__(self, function: ast.FunctionDef):
        self.nodes = list(ast.walk(function))

    @cached_property
    def values(self) -> "Values":
        return Values(self.nodes)

    @cached_property
    def calls(self) -> set[str]:
        return {called(node) for node in self.nodes} - {None}

    @cached_property
    def joins(self) -> list[ast.Call]:
        return [node for node in self.nodes if called(node) in JOINS and node.args]

    @cached_property
    def sums_of_products(self) -> list[Sum]:
        return [found for node in self.nodes if (found := sum_of_products(node))]

    @cached_property
    def assignments(self) -> list[tuple[ast.AST, ast.AST]]:
        return list(assignments(self.nodes))


def called(node: ast.AST) -> str | None:
    """`f` of `f(...)`, `torch.f(...)` and `x.f(...)`."""
    if not isinstance(node, ast.Call):
        return None
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)


def variable_name(node: ast.AST) -> str | None:
    """The dotted name of a variable or attribute (`self.scale`); None for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := variable_name(node.value)):
        return f"{owner}.{node.attr}"
    return None


def assignments(nodes: list[ast.AST]) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Every (target, value); of two tuples, those of their members."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    yield from zip(target.elts, node.value.elts, strict=False)
                else:
                    yield target, node.value
        elif isinstance(node, (ast.NamedExpr, ast.AnnAssign, ast.AugAssign)) and node.value:
            yield node.target, node.value
        elif isinstance(node, (ast.comprehension, ast.For)):
            yield node.target, node.iter


class Values:
    """Where the values of a function's variables come from."""

    def __init__(self, nodes: list[ast.AST]):
        self._made_by: dict[str, set[str]] = defaultdict(set)
        self._cut_from: dict[str, set[str]] = defaultdict(set)
        assigned = list(assignments(nodes))
        for _ in range(2):  # a variable of a loop may be made from one further down
            for target, value in assigned:
                made, cut = self.made_by(value), self.cut_from(value)
                for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                    while isinstance(part, (ast.Subscript, ast.Starred)):
                        part = part.value
                    if variable := variable_name(part):
                        self._made_by[variable] |= made
                        self._cut_from[variable] |= cut

    def made_by(self, node: ast.AST) -> set[str]:
        """The calls that make an expression, and `/` for a division."""
        made = set()
        for inner in ast.walk(node):
            if name := called(inner):
                made.add(name)
            elif isinstance(inner, (ast.Name, ast.Attribute)):
                made |= self._made_by.get(variable_name(inner) or "", set())
            elif isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Div):
                made.add("/")
        return made

    def cut_from(self, node: ast.AST) -> set[str]:
        """The variables of which an expression is a part, by an index or a cut."""
        node, cut = bare(node), False
        while True:
            if isinstance(node, ast.Subscript):
                node, cut = bare(node.value), True
            elif called(node) in CUTS:
                of = node.args[:1] if is_library(node) else [node.func.value]
                if not of:
                    return set()
                node, cut = bare(of[0]), True
            else:
                break
        variable = variable_name(node)
        if variable is None:
            return set()
        return {variable} if cut else self._cut_from.get(variable, set())


def is_library(call: ast.Call) -> bool:
    """Whether a call is `torch.f(x)` or `f(x)` rather than `x.f()`."""
    return not isinstance(call.func, ast.Attribute) or variable_name(call.func.value) in (
        "torch",
        "np",
        "F",
        "tf",
        "jnp",
    )


def bare(node: ast.AST) -> ast.AST:
    """An expression without the calls that only reshape or cast it."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RESHAPES:
        if is_library(node):
            return node
        node = node.func.value
    return node


def elements(join: ast.Call) -> list[ast.AST]:
    """What a join takes, where its code lists it."""
    return join.args[0].elts if isinstance(join.args[0], (ast.Tuple, ast.List)) else []


def negated(node: ast.AST) -> ast.AST | None:
    """`x` of `-x`, `-1 * x` and `x.neg()`."""
    node = bare(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return node.operand
    if called(node) in ("neg", "negative"):
        return node.args[0] if is_library(node) else node.func.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        for factor, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(factor, ast.UnaryOp) and isinstance(factor.operand, ast.Constant):
                return other
    return None


def sum_of_products(node: ast.AST) -> Sum:
    """The two products that a node adds or subtracts; empty where it does not."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        terms = [node.left, node.right]
    elif called(node) in ("add", "add_", "sub", "sub_") and isinstance(node.func, ast.Attribute) and node.args:
        terms = [node.func.value, node.args[0]]
    else:
        return []
    pairs = []
    for term in map(bare, terms):
        if isinstance(term, ast.BinOp) and isinstance(term.op, ast.Mult):
            pairs.append((term.left, term.right))
        elif called(term) in ("mul", "multiply", "einsum") and len(term.args) >= 2:
            pairs.append((term.args[-2], term.args[-1]))
    return pairs if len(pairs) == 2 else []


def key(node: ast.AST) -> str:
    """The same for two expressions that differ in reshapes and casts only."""
    return ast.dump(bare(node))
