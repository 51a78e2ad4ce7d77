"""What makes a function a definition of rotary position embeddings: what its code does, whatever its name is.

The kinds of definition:

    rotation     exchanges the channels of pairs and negates one of them, (a, b) -> (-b, a), or makes matrices that do
    application  rotates pairs by an angle, (a, b) -> (a cos - b sin, b cos + a sin)
    frequencies  raises a base to an arithmetic sequence, base ** (arange / dim)
    table        takes cosine and sine of the same angles
    sections     gives each axis of positions its frequencies, where positions have several axes
    slice        cuts a head into channels that rotate and channels that pass, and joins them again
    member       is another member of a class that makes tables
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from ..code import CUTS, JOINS, RESHAPES, Code, bare, called, elements, is_library, key, negated, variable_name
from ..topic import Function, Rule, SearchTopic


SEQUENCES = {"arange", "linspace", "logspace", "range"}
# What these calls alone make from a sequence is still a sequence, but for its scale.
ARITHMETIC = SEQUENCES | RESHAPES | {"/", "div", "log", "int", "len", "max", "tensor", "full", "get", "getattr"}
ROTARY_CLASS = re.compile(r"(Rotary|RoPE|Rope)\w*(Embedding|Embedder|Encoder|Encoding)s?$")
# Names that do not say whose function is called.
_COMMON_NAMES = frozenset({"forward", "__init__"})


def _rules(functions: Sequence[Function]) -> list[Rule]:
    around = _Surroundings(functions)
    return [
        Rule("negates one of two joined parts of a tensor", "rotation", lambda f: f.shows("joins_negated")),
        Rule("joins the entries of rotation matrices", "rotation", lambda f: f.shows("matrices")),
        Rule("adds products by a cosine and a sine", "application", lambda f: f.shows("mixes_circles")),
        Rule("multiplies complex pairs", "application", lambda f: f.shows("multiplies_complex")),
        Rule("multiplies by rotation matrices", "application", lambda f: f.names("contracts") & around.matrices),
        Rule("raises a base by ** to a sequence", "frequencies", around.if_not_added("power_operator")),
        Rule("raises a base by pow to a sequence", "frequencies", around.if_not_added("power_call")),
        Rule("takes the exponential of a sequence", "frequencies", around.if_not_added("exponential")),
        Rule("takes cosine and sine of the same angles", "table", around.if_not_added("circles")),
        Rule("makes complex numbers of length one", "table", around.if_not_added("polar")),
        Rule("joins parts of one tensor", "sections", around.if_in_table_class("joins_parts")),
        Rule("joins the parts that a loop picks", "sections", around.if_in_table_class("joins_picked")),
        Rule("writes products into every second channel", "sections", around.if_not_added("writes_strides")),
        Rule("joins a rotated part to the rest", "slice", lambda f: f.names("parts") & around.rotations),
        Rule("stands in a class that makes tables", "member", around.in_table_class, alone=True),
    ]


class _Surroundings:
    """What the code around a function says of it.

    Attributes:
        rotations: the names of the functions that rotate, or apply a rotation.
        matrices: the names of the functions that make rotation matrices.
    """

    def __init__(self, functions: Sequence[Function]):
        turning = ("joins_negated", "mixes_circles", "multiplies_complex")
        rotations = {f.simple_name for f in functions if any(f.shows(sign) for sign in turning)}
        self.matrices = frozenset(f.simple_name for f in functions if f.shows("matrices"))
        rotations |= {f.simple_name for f in functions if f.names("contracts") & self.matrices}
        self.rotations = frozenset(rotations) - _COMMON_NAMES
        self._tables, self._added = _classes(functions)

    def if_not_added(self, sign: str):
        """Outside of code for sinusoids that are added to hidden states."""
        return lambda f: f.shows(sign) and not {f.owner, f.place} & self._added

    def if_in_table_class(self, sign: str):
        return lambda f: f.shows(sign) and self.in_table_class(f)

    def in_table_class(self, function: Function) -> bool:
        return function.owner in self._tables


def _classes(functions: Sequence[Function]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The classes that make rotary tables; and the classes and functions that make sinusoids to be added.

    The latter keep cosine and sine in one tensor, in files that cut no tensor into the two.
    """
    members = defaultdict(list)
    for function in functions:
        if function.owner[1]:
            members[function.owner].append(function)
    cutting = {f.file for f in functions if f.shows("cuts_circles")}
    powers = ("power_operator", "power_call", "exponential")
    tables, added = set(), set()
    for owner, inside in members.items():
        circling = [f for f in inside if f.shows("circles") or f.shows("polar") or f.shows("joins_circles")]
        if ROTARY_CLASS.search(owner[1]):
            tables.add(owner)
        elif circling and all(f.shows("joins_circles") for f in circling) and owner[0] not in cutting:
            added.add(owner)
        elif circling and any(f.shows(power) for f in inside for power in powers):
            tables.add(owner)
    for function in functions:
        if function.shows("joins_circles") and function.file not in cutting and function.owner not in tables:
            added.add(function.place)
    return tables, added


# --- signs: what one function does, seen alone ----------------------------------------------------------------------


def _joins_negated(code: Code) -> bool:
    """`cat((-x2, x1))`, both cut from the same tensor."""
    for join in code.joins:
        minus = [inner for one in elements(join) if (inner := negated(one)) is not None]
        plus = [one for one in elements(join) if negated(one) is None]
        if any(code.values.cut_from(one) & code.values.cut_from(other) for one in minus for other in plus):
            return True
    return False


def _matrices(code: Code) -> bool:
    """`stack((c, -s, s, c))`, as one list or as rows; the transpose rotates the other way."""
    return any(_is_matrix(join) for join in code.joins)


def _is_matrix(join: ast.Call) -> bool:
    entries = [inner for one in elements(join) for inner in (elements(one) if called(one) in JOINS else [one])]
    signs = ["-" if negated(entry) is not None else "+" for entry in entries]
    if "".join(signs) not in ("+-++", "++-+"):
        return False
    first, second, third, last = (key(negated(entry) or entry) for entry in entries)
    return first == last != second == third


def _mixes_circles(code: Code) -> bool:
    """`x * cos + y * sin`."""
    for products in code.sums_of_products:
        functions = [{_circle(factor, code) for factor in factors} - {None} for factors in products]
        if functions in ([{"cos"}, {"sin"}], [{"sin"}, {"cos"}]):
            return True
    return False


def _circle(node: ast.AST, code: Code) -> str | None:
    """`cos` or `sin` for an expression that is one, by its name or by what made it."""
    if called(bare(node)) in ("cos", "sin"):
        return called(bare(node))
    found = {name for name in ("cos", "sin") if name in code.values.made_by(node)}
    name = variable_name(bare(node)) or ""
    found |= {word for word in ("cos", "sin") if re.search(rf"(^|[._]){word}(ine)?($|[._])", name)}
    return found.pop() if len(found) == 1 else None


def _multiplies_complex(code: Code) -> bool:
    """`view_as_complex(x) * freqs`."""
    return "view_as_complex" in code.calls and any(
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mult)
        and "view_as_complex" in code.values.made_by(node)
        for node in code.nodes
    )


def _contracts(code: Code) -> frozenset[str]:
    """The calls that make what is multiplied and summed over an axis."""
    return frozenset(name for factor in _contracted(code.nodes) for name in code.values.made_by(factor))


def _contracted(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        if called(node) == "sum":
            summed = bare(node.args[0] if is_library(node) and node.args else getattr(node.func, "value", node))
            if isinstance(summed, ast.BinOp) and isinstance(summed.op, ast.Mult):
                yield from (summed.left, summed.right)
        elif called(node) in ("matmul", "einsum", "bmm"):
            yield from (*node.args, *([] if is_library(node) else [node.func.value]))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield from (node.left, node.right)


def _power_operator(code: Code) -> bool:
    """`base ** (arange / dim)`."""
    powers = [node for node in code.nodes if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)]
    return any(_is_sequence(node.right, code) for node in powers)


def _power_call(code: Code) -> bool:
    powers = [node for node in code.nodes if called(node) in ("pow", "power") and node.args]
    return any(_is_sequence(node.args[-1], code) for node in powers)


def _exponential(code: Code) -> bool:
    """`exp(-log(base) * arange / dim)`."""
    found = [node for node in code.nodes if called(node) == "exp"]
    return any(_is_sequence(node.args[0] if node.args else node.func.value, code) for node in found)


def _is_sequence(exponent: ast.AST, code: Code) -> bool:
    """Whether an exponent is an arithmetic sequence with a scale."""
    made = code.values.made_by(exponent)
    return bool(made & SEQUENCES) and bool(made & {"/", "div", "log"}) and made <= ARITHMETIC


def _circles(code: Code) -> bool:
    return bool(_angles(code, "cos") & _angles(code, "sin"))


def _angles(code: Code, function: str) -> set[str]:
    calls = [node for node in code.nodes if called(node) == function]
    return {key(node.args[0] if node.args else node.func.value) for node in calls if node.args or not is_library(node)}


def _polar(code: Code) -> bool:
    """`polar(ones_like(angles), angles)`; other lengths are the magnitudes of a wave."""
    polar = [node for node in code.nodes if called(node) == "polar" and node.args]
    return any(called(node.args[0]) in ("ones_like", "ones") for node in polar)


def _joins_circles(code: Code) -> bool:
    """A cosine and a sine in one tensor, as absolute sinusoidal embeddings have them."""
    if any({"cos", "sin"} <= {_circle(element, code) for element in elements(join)} for join in code.joins):
        return True
    written = defaultdict(set)
    for target, value in code.assignments:
        if isinstance(target, ast.Subscript):
            written[variable_name(target.value)].add(_circle(value, code))
    return any({"cos", "sin"} <= circles for circles in written.values())


def _cuts_circles(code: Code) -> bool:
    """`sin, cos = x.chunk(2, dim=-1)`."""
    for target, value in code.assignments:
        if isinstance(target, ast.Tuple) and called(bare(value)) in CUTS:
            words = {word for part in target.elts for word in re.split(r"[._]", variable_name(part) or "")}
            if {"cos", "sin"} <= words:
                return True
    return False


def _joins_parts(code: Code) -> bool:
    for join in code.joins:
        cuts = [code.values.cut_from(element) for element in elements(join)]
        if any(one & other for one, other in combinations(cuts, 2)):
            return True
    return False


def _joins_picked(code: Code) -> bool:
    """`cat([part[i % 3] for i, part in ...])`."""
    loops = [join.args[0] for join in code.joins if isinstance(join.args[0], (ast.ListComp, ast.GeneratorExp))]
    return any(isinstance(loop.elt, ast.Subscript) for loop in loops)


def _writes_strides(code: Code) -> bool:
    """Products written into `[..., 0::2]` and `[..., 1::2]`."""
    starts = set()
    for target, value in code.assignments:
        index = target.slice if isinstance(target, ast.Subscript) else None
        last = index.elts[-1] if isinstance(index, ast.Tuple) and index.elts else None
        is_stride = isinstance(last, ast.Slice) and last.step
        if is_stride and isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
            starts.add(ast.dump(last))
    return len(starts) > 1


def _parts(code: Code) -> frozenset[str]:
    """The functions that get a part of a tensor, and whose result is joined to another part of it."""
    results: dict[str, set[str]] = defaultdict(set)
    for target, value in code.assignments:
        if function := called(bare(value)):
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                results[variable_name(part) or ""].add(function)
    found = set()
    for join in code.joins:
        names = {name for element in elements(join) if (name := variable_name(bare(element)))}
        for name in names:
            if any(code.values.cut_from(ast.Name(other)) for other in names - {name}):
                found |= results[name]
    return frozenset(found)


ROPE = SearchTopic(
    name="RoPE",
    words=re.compile(r"rotary|Rotary|RoPE|(?<![a-zA-Z])rope|_rope|Rope(?![a-z])|rotate_half"),
    signs={
        function.__name__.removeprefix("_"): function
        for function in (
            _joins_negated, _matrices, _mixes_circles, _multiplies_complex, _contracts, _power_operator, _power_call,
            _exponential, _circles, _polar, _joins_circles, _cuts_circles, _joins_parts, _joins_picked,
            _writes_strides, _parts,
        )
    },
    rules=_rules,
)  # fmt: skip
