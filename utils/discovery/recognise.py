"""What a function does with rotary position embeddings, told by its code and not by its name.

`facts_of` looks at one function alone; `kinds_of` then decides, with what is known of its class, its file and the
rotations of the tree. The kinds:

    rotation     exchanges the channels of pairs, one of them negated:  (a, b) -> (-b, a), or has matrices that do
    application  turns pairs by an angle:                               (a cos - b sin, b cos + a sin)
    frequencies  powers of a base over an arithmetic sequence:          base ** (arange / dim)
    table        takes cosine and sine of the same angles
    sections     deals frequencies out to the axes of positions that have several
    slice        cuts a head into channels that are rotated and channels that pass, and joins them again
    member       another member of a class that makes tables: what it stores, in which buffers, for whom
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations


KINDS = ("rotation", "application", "frequencies", "table", "sections", "slice", "member")
JOINS = {"cat", "concat", "concatenate", "stack", "hstack"}
CUTS = {"chunk", "split", "tensor_split", "unbind", "split_with_sizes"}
SEQUENCES = {"arange", "linspace", "logspace", "range"}
# Calls whose result holds the channels of what they are called on, up to shape, order of axes, type and device.
RESHAPES = {
    "to", "float", "type", "type_as", "view", "view_as", "reshape", "unsqueeze", "squeeze", "transpose", "permute",
    "flatten", "unflatten", "expand", "expand_as", "contiguous", "clone", "repeat", "repeat_interleave",
}  # fmt: skip
ROTARY_WORD = re.compile(r"rotary|Rotary|RoPE|(?<![a-zA-Z])rope|_rope|Rope(?![a-z])|rotate_half")
ROTARY_CLASS = re.compile(r"(Rotary|RoPE|Rope)\w*(Embedding|Embedder|Encoder|Encoding)s?$")
# Calls of arithmetic: what is made by these alone from a sequence is still one, up to scale.
ARITHMETIC = SEQUENCES | RESHAPES | {"/", "div", "log", "int", "len", "max", "tensor", "full", "get", "getattr"}
_CIRCLES = re.compile(r"\b(cos|sin)\b|polar|view_as_complex")
_POWERS = re.compile(r"\*\*|\bexp\(|\.exp\b|pow(er)?\(")
_SUMS = re.compile(r"\*[^=\n]*[+-][^=\n]*\*|add_\(|sub_\(")
_STRIDES = re.compile(r"::\w+\] = ")
_CONTRACTS = re.compile(r"\*[^=\n]*\)\.sum\(|\b(matmul|einsum)\(| @ ")
_NEGATED = re.compile(r"(cat|stack|concat\w*)\(\s*[\[(][^\])]*?-\w|\.neg\(|\] = -")
_JOINS = re.compile(r"(cat|stack|concat\w*)\(")
_CUTS = re.compile(rf"\.({'|'.join(sorted(CUTS))})\(|\[(\.\.\.|:),")


def speaks(text: str) -> bool:
    """Whether a function's text has words without which it does nothing that is looked for."""
    return bool(
        _CIRCLES.search(text)
        or _NEGATED.search(text)
        or _STRIDES.search(text)
        or _SUMS.search(text)
        or _CONTRACTS.search(text)
        or (any(word in text for word in SEQUENCES) and _POWERS.search(text))
        or (_JOINS.search(text) and _CUTS.search(text))
    )


@dataclass(frozen=True)
class Facts:
    """What one function does, seen alone.

    Attributes:
        exchanges: it joins cuts of one tensor, one of them negated.
        turns: it adds and subtracts the products of a rotation by cosine and sine, or multiplies complex pairs.
        mixes: the functions `f` of its sums `x * c + f(x) * s`.
        matrices: it joins the entries of matrices of two by two that turn: c, -s, s and c.
        contracts: the functions whose results it multiplies and sums over an axis.
        powers: it raises a base to an arithmetic sequence.
        circles: it takes cosine and sine of the same angles.
        joins: it puts a cosine and a sine into one tensor, as absolute sinusoidal embeddings do.
        unjoins: it cuts a tensor into a cosine and a sine.
        deals: it joins parts that it picked from several axes.
        strides: it writes products into every second channel, one for each of two axes.
        parts: the functions that get one part of a tensor whose other part is joined to their result.
    """

    exchanges: bool = False
    turns: bool = False
    mixes: frozenset[str] = frozenset()
    matrices: bool = False
    contracts: frozenset[str] = frozenset()
    powers: bool = False
    circles: bool = False
    joins: bool = False
    unjoins: bool = False
    deals: bool = False
    strides: bool = False
    parts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Surroundings:
    """What is known around a function.

    Attributes:
        in_table_class: its class makes rotary tables.
        in_absolute_class: its class makes sinusoids that are added, or the function itself does.
        in_rotary_file: its file has to do with RoPE.
        rotations: the functions of the tree that rotate, or apply a rotation.
        matrices: the functions of the tree that make matrices that turn.
    """

    in_table_class: bool
    in_absolute_class: bool
    in_rotary_file: bool
    rotations: frozenset[str]
    matrices: frozenset[str]


def kinds_of(facts: Facts, around: Surroundings) -> tuple[str, ...]:
    """The kinds of RoPE definition that a function is; empty for one that is none."""
    here = around.in_rotary_file
    rotary = here and not around.in_absolute_class
    found = {
        "rotation": (facts.exchanges or facts.matrices) and here,
        "application": (facts.turns and here) or facts.mixes & around.rotations or facts.contracts & around.matrices,
        "frequencies": facts.powers and rotary,
        "table": facts.circles and rotary,
        "sections": (facts.deals and around.in_table_class) or (facts.strides and rotary),
        "slice": facts.parts & around.rotations,
    }
    return tuple(kind for kind in KINDS if found.get(kind)) or (("member",) if around.in_table_class else ())


def facts_of(function: ast.FunctionDef) -> Facts:
    """What a function does, the functions inside it included."""
    nodes = list(ast.walk(function))
    calls = {_called(node) for node in nodes if isinstance(node, ast.Call)}
    values = _Values(nodes)
    joins = [node for node in nodes if _called(node) in JOINS and node.args]
    products = [node for node in nodes if _sum_of_products(node)]
    return Facts(
        exchanges=any(_exchanges(node, values) for node in joins) or _writes_exchanged(nodes),
        turns=_turns(products, values) or ("view_as_complex" in calls and _multiplies_complex(nodes, values)),
        mixes=frozenset(_mixed(products)),
        matrices=any(_is_matrix(node) for node in joins),
        contracts=frozenset(_contracted(nodes, values)),
        powers=any(_is_power(node, values) for node in nodes),
        circles=_circles(nodes),
        joins=_joins_circles(nodes, joins, values),
        unjoins=_unjoins_circles(nodes),
        deals=_deals(nodes, joins, values),
        strides=_strides(nodes),
        parts=frozenset(_parts(nodes, joins, values)),
    )


def _called(node: ast.AST) -> str | None:
    """`f` of `f(...)`, `torch.f(...)` and `x.f(...)`."""
    if not isinstance(node, ast.Call):
        return None
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)


def _place(node: ast.AST) -> str | None:
    """The dotted name of a variable or attribute (`self.scale`); None for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := _place(node.value)):
        return f"{owner}.{node.attr}"
    return None


def _assignments(nodes: list[ast.AST]) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Every (target, value), tuples taken apart where both sides are."""
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


class _Values:
    """Where the values of a function's variables come from."""

    def __init__(self, nodes: list[ast.AST]):
        self._made_by: dict[str, set[str]] = defaultdict(set)
        self._cut_from: dict[str, set[str]] = defaultdict(set)
        assignments = list(_assignments(nodes))
        for _ in range(2):  # a variable of a loop may be made from one further down
            for target, value in assignments:
                made, cut = self.made_by(value), self.cut_from(value)
                for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                    while isinstance(part, (ast.Subscript, ast.Starred)):
                        part = part.value
                    if place := _place(part):
                        self._made_by[place] |= made
                        self._cut_from[place] |= cut

    def made_by(self, node: ast.AST) -> set[str]:
        """The calls, divisions (`/`) and powers (`**`) that an expression is made by."""
        made = set()
        for inner in ast.walk(node):
            if name := _called(inner):
                made.add(name)
            elif isinstance(inner, (ast.Name, ast.Attribute)):
                made |= self._made_by.get(_place(inner) or "", set())
            elif isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Div):
                made.add("/")
        return made

    def cut_from(self, node: ast.AST) -> set[str]:
        """The variables of which an expression is a part, by an index or a cut."""
        node, cut = bare(node), False
        while True:
            if isinstance(node, ast.Subscript):
                node, cut = bare(node.value), True
            elif _called(node) in CUTS:
                of = node.args[:1] if _is_library(node) else [node.func.value]
                if not of:
                    return set()
                node, cut = bare(of[0]), True
            else:
                break
        place = _place(node)
        if place is None:
            return set()
        return {place} if cut else self._cut_from.get(place, set())


def _is_library(call: ast.Call) -> bool:
    """Whether a call is `torch.f(x)` rather than `x.f()`."""
    return not isinstance(call.func, ast.Attribute) or _place(call.func.value) in ("torch", "np", "F", "tf", "jnp")


def bare(node: ast.AST) -> ast.AST:
    """An expression without the calls that only reshape or cast it."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RESHAPES:
        if _is_library(node):
            return node
        node = node.func.value
    return node


def _elements(join: ast.Call) -> list[ast.AST]:
    return join.args[0].elts if isinstance(join.args[0], (ast.Tuple, ast.List)) else []


def _negated(node: ast.AST) -> ast.AST | None:
    """`x` of `-x`, `-1 * x` and `x.neg()`."""
    node = bare(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return node.operand
    if _called(node) in ("neg", "negative"):
        return node.args[0] if _is_library(node) else node.func.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        for factor, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(factor, ast.UnaryOp) and isinstance(factor.operand, ast.Constant):
                return other
    return None


def _exchanges(join: ast.Call, values: _Values) -> bool:
    elements = _elements(join)
    negated = [inner for one in elements if (inner := _negated(one)) is not None]
    others = [one for one in elements if _negated(one) is None]
    return any(values.cut_from(one) & values.cut_from(other) for one in negated for other in others)


def _writes_exchanged(nodes: list[ast.AST]) -> bool:
    """`y[..., ::2] = -x[..., 1::2]`."""
    for target, value in _assignments(nodes):
        if isinstance(target, ast.Subscript) and (inner := _negated(value)) is not None:
            if _is_of_channels(target) and _is_of_channels(bare(inner)):
                return True
    return False


def _is_of_channels(node: ast.AST) -> bool:
    """Whether an index takes a part of the last axis, and all of those before it."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Tuple) or len(node.slice.elts) < 2:
        return False
    first, last = node.slice.elts[0], node.slice.elts[-1]
    return isinstance(first, ast.Constant) and first.value is Ellipsis and not isinstance(last, ast.Constant)


def _sum_of_products(node: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
    """The two products that a node adds or subtracts, as pairs of factors."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        terms = [node.left, node.right]
    elif _called(node) in ("add", "add_", "sub", "sub_") and isinstance(node.func, ast.Attribute) and node.args:
        terms = [node.func.value, node.args[0]]
    else:
        return []
    pairs = []
    for term in map(bare, terms):
        if isinstance(term, ast.BinOp) and isinstance(term.op, ast.Mult):
            pairs.append((term.left, term.right))
        elif _called(term) in ("mul", "multiply", "einsum") and len(term.args) >= 2:
            pairs.append((term.args[-2], term.args[-1]))
    return pairs if len(pairs) == 2 else []


def _key(node: ast.AST) -> str:
    return ast.dump(bare(node))


def _mixed(sums: list[ast.AST]) -> Iterator[str]:
    for node in sums:
        one, other = _sum_of_products(node)
        for plain, mapped in ((one, other), (other, one)):
            for call in map(bare, mapped):
                arguments = {_key(argument) for argument in getattr(call, "args", [])}
                if isinstance(call, ast.Call) and arguments & set(map(_key, plain)):
                    yield _called(call)


def _is_matrix(join: ast.Call) -> bool:
    """`stack((c, -s, s, c))`, or its rows joined first; by its transpose, pairs turn the other way."""
    entries = [inner for one in _elements(join) for inner in (_elements(one) if _called(one) in JOINS else [one])]
    signs = ["-" if _negated(entry) is not None else "+" for entry in entries]
    if "".join(signs) not in ("+-++", "++-+"):
        return False
    first, second, third, last = (_key(_negated(entry) or entry) for entry in entries)
    return first == last != second == third


def _contracted(nodes: list[ast.AST], values: _Values) -> Iterator[str]:
    """The calls that make what is multiplied and summed over an axis."""
    for node in nodes:
        factors = []
        if _called(node) == "sum":
            summed = bare(node.args[0] if _is_library(node) and node.args else getattr(node.func, "value", node))
            if isinstance(summed, ast.BinOp) and isinstance(summed.op, ast.Mult):
                factors = [summed.left, summed.right]
        elif _called(node) in ("matmul", "einsum", "bmm"):
            factors = [*node.args, *([] if _is_library(node) else [node.func.value])]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            factors = [node.left, node.right]
        for factor in factors:
            yield from values.made_by(factor)


def _turns(sums: list[ast.AST], values: _Values) -> bool:
    """Whether two sums are the two rows of a rotation, or one is a mix by a cosine and a sine."""
    rows = []
    for node in sums:
        one, other = _sum_of_products(node)
        functions = [{_circle(factor, values) for factor in pair} - {None} for pair in (one, other)]
        if functions in ([{"cos"}, {"sin"}], [{"sin"}, {"cos"}]):
            return True
        rows.append([frozenset(map(_key, pair)) for pair in (one, other)])
    return any(
        len(frozenset().union(*one, *other)) == 4
        and not set(one) & set(other)
        and all(len(a & b) == 1 for a in one for b in other)
        for one, other in combinations(rows, 2)
    )


def _circle(node: ast.AST, values: _Values) -> str | None:
    """`cos` or `sin` where an expression is one, by its name or by what made it."""
    if _called(bare(node)) in ("cos", "sin"):
        return _called(bare(node))
    found = {name for name in ("cos", "sin") if name in values.made_by(node)}
    place = _place(bare(node)) or ""
    found |= {name for name in ("cos", "sin") if re.search(rf"(^|[._]){name}(ine)?($|[._])", place)}
    return found.pop() if len(found) == 1 else None


def _multiplies_complex(nodes: list[ast.AST], values: _Values) -> bool:
    return any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and "view_as_complex" in values.made_by(node)
        for node in nodes
    )


def _is_power(node: ast.AST, values: _Values) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        exponent = node.right
    elif _called(node) in ("pow", "power") and node.args:
        exponent = node.args[-1]
    elif _called(node) == "exp":
        exponent = node.args[0] if node.args else node.func.value
    elif _called(node) == "logspace":
        return True
    else:
        return False
    made = values.made_by(exponent)
    return bool(made & SEQUENCES) and bool(made & {"/", "div", "log"}) and made <= ARITHMETIC


def _angles(nodes: list[ast.AST], function: str) -> set[str]:
    calls = [node for node in nodes if _called(node) == function]
    return {
        _key(node.args[0] if node.args else node.func.value) for node in calls if node.args or not _is_library(node)
    }


def _circles(nodes: list[ast.AST]) -> bool:
    polar = [node for node in nodes if _called(node) == "polar" and node.args]
    unit = any(_called(node.args[0]) in ("ones_like", "ones") for node in polar)  # others are a wave's magnitudes
    return unit or bool(_angles(nodes, "cos") & _angles(nodes, "sin"))


def _joins_circles(nodes: list[ast.AST], joins: list[ast.Call], values: _Values) -> bool:
    for join in joins:
        if {"cos", "sin"} <= {_circle(element, values) for element in _elements(join)}:
            return True
    written = defaultdict(set)
    for target, value in _assignments(nodes):
        if isinstance(target, ast.Subscript):
            written[_place(target.value)] |= {_circle(value, values)}
    return any({"cos", "sin"} <= circles for circles in written.values())


def _unjoins_circles(nodes: list[ast.AST]) -> bool:
    """`sin, cos = x.chunk(2, dim=-1)`."""
    for target, value in _assignments(nodes):
        if isinstance(target, ast.Tuple) and _called(bare(value)) in CUTS:
            if {"cos", "sin"} <= {word for part in target.elts for word in re.split(r"[._]", _place(part) or "")}:
                return True
    return False


def _deals(nodes: list[ast.AST], joins: list[ast.Call], values: _Values) -> bool:
    for join in joins:
        cuts = [values.cut_from(element) for element in _elements(join)]
        if any(one & other for one, other in combinations(cuts, 2)):
            return True
        if isinstance(join.args[0], (ast.ListComp, ast.GeneratorExp)) and isinstance(join.args[0].elt, ast.Subscript):
            return True
    return any(_is_of_channels(target) and _is_of_channels(value) for target, value in _assignments(nodes))


def _strides(nodes: list[ast.AST]) -> bool:
    starts = set()
    for target, value in _assignments(nodes):
        index = target.slice if isinstance(target, ast.Subscript) else None
        last = index.elts[-1] if isinstance(index, ast.Tuple) and index.elts else None
        if (
            isinstance(last, ast.Slice)
            and last.step
            and isinstance(value, ast.BinOp)
            and isinstance(value.op, ast.Mult)
        ):
            starts.add(ast.dump(last))
    return len(starts) > 1


def _parts(nodes: list[ast.AST], joins: list[ast.Call], values: _Values) -> Iterator[str]:
    """The functions that get a part of a tensor, and whose result is joined to another part of it."""
    results: dict[str, set[str]] = defaultdict(set)
    for target, value in _assignments(nodes):
        if _called(bare(value)):
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                if place := _place(part):
                    results[place].add(_called(bare(value)))
    for join in joins:
        places = {place for element in _elements(join) if (place := _place(bare(element)))}
        for turned in places:
            for passed in places - {turned}:
                if values.cut_from(ast.Name(passed)):
                    yield from results[turned]
