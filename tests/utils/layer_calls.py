"""Reads from the code of a Transformers tree how models call their layers; nothing is imported.

A layer that derives from `GradientCheckpointingLayer`, or that is passed to a checkpointing function, gets positional
arguments: keyword arguments would carry no gradients. So the order of the arguments must be that of the layer's
signature.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


LAYER = "GradientCheckpointingLayer"
CHECKPOINTING = ("_gradient_checkpointing_func", "checkpoint")


@dataclass(frozen=True)
class Signature:
    """The parameters of a layer's `forward`, without `self`."""

    by_place: tuple[str, ...]
    by_name: tuple[str, ...]
    more_places: bool
    more_names: bool

    @classmethod
    def of(cls, function: ast.FunctionDef) -> "Signature":
        given = function.args
        places = tuple(one.arg for one in (*given.posonlyargs, *given.args))[1:]
        names = tuple(one.arg for one in given.kwonlyargs)
        return cls(places, (*places, *names), given.vararg is not None, given.kwarg is not None)


@dataclass(frozen=True)
class LayerCall:
    """A call of a layer: its positional arguments (None for one that is not a name), and its keywords."""

    where: str
    layer: str
    signature: Signature
    places: tuple[str | None, ...]
    keywords: tuple[str, ...]

    def slips(self) -> Iterator[str]:
        """The arguments that go to another parameter than meant, or to none.

        An argument's name decides which parameters it can be meant for: the parameter of this name or, if there is
        none, the parameters of the same kind. An argument of no kind is not judged.
        """
        signature, at = self.signature, f"{self.where}: {self.layer}"
        for place, given in enumerate(self.places):
            if place >= len(signature.by_place):
                if not signature.more_places:
                    yield f"{at} takes {len(signature.by_place)} arguments by place, and is given {len(self.places)}"
                return
            taken_as = signature.by_place[place]
            meant = meant_for(given, signature.by_name)
            if meant and taken_as not in meant:
                yield f"{at} takes {given} for its {taken_as}"
        for keyword in self.keywords:
            if keyword not in signature.by_name and not signature.more_names:
                yield f"{at} has no parameter {keyword}"


def meant_for(given: str | None, parameters: tuple[str, ...]) -> set[str]:
    """The parameters that a variable of this name can be meant for; empty if its name says nothing."""
    if given is None:
        return set()
    if given in parameters:
        return {given}
    kinds = [kind for kind in ("mask", "_ids", "past", "emb", "cache_position", "hidden_states") if kind in given]
    return {one for one in parameters for kind in kinds if kind in one}


class Module:
    """The classes of a modeling file, and which of them are layers."""

    def __init__(self, path: Path):
        self.path = path
        text = path.read_text()
        self.tree = ast.parse(text)
        self.classes = {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)}
        self.tables = {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        self.layers = {name for name in self.classes if self._is_layer(name)}
        # Any class may be passed to a checkpointing function, which few modules call themselves.
        self._called = set(self.classes) if any(f"{name}(" in text for name in CHECKPOINTING) else self.layers
        self._held: dict[str, dict[str, set[str]]] = {}

    def _parents(self, name: str) -> list[str]:
        return [last_name(base) or "" for base in self.classes[name].bases]

    def _is_layer(self, name: str) -> bool:
        return any(base == LAYER or (base in self.classes and self._is_layer(base)) for base in self._parents(name))

    def signature(self, name: str) -> Signature | None:
        for node in self.classes[name].body:
            if isinstance(node, ast.FunctionDef) and node.name == "forward":
                return Signature.of(node)
        parents = (self.signature(base) for base in self._parents(name) if base in self.classes)
        return next(filter(None, parents), None)

    def made(self) -> set[str]:
        """The layers that a function or a table of the module names."""
        inner = [node for top in self.tree.body for node in (top.body if isinstance(top, ast.ClassDef) else [top])]
        tops = [node for node in inner if isinstance(node, ast.FunctionDef)] + list(self.tables.values())
        return {node.id for top in tops for node in ast.walk(top) if isinstance(node, ast.Name)} & self.layers

    def held(self, name: str) -> dict[str, set[str]]:
        """The classes that each attribute of a class may hold; a class's own assignments override its parents'."""
        if name not in self._held:
            found: dict[str, set[str]] = {}
            for base in self._parents(name):
                if base in self.classes:
                    found |= self.held(base)
            methods = {node.name: node for node in self.classes[name].body if isinstance(node, ast.FunctionDef)}
            if "__init__" in methods:
                found |= self._assigned(methods["__init__"], methods)
            self._held[name] = found
        return self._held[name]

    def _assigned(self, method: ast.FunctionDef, methods: dict[str, ast.FunctionDef]) -> dict[str, set[str]]:
        """By attribute of `self`, the classes of the values that a method assigns; under `return`, of its result."""
        found: dict[str, set[str]] = defaultdict(set)

        def classes_of(value: ast.AST) -> set[str]:
            """The classes whose instances a value may hold; arguments of their constructors do not count."""
            if isinstance(value, ast.Call):
                if last_name(value.func) in self.classes:
                    return {last_name(value.func)}
                if is_own(value.func) and value.func.attr in methods and methods[value.func.attr] is not method:
                    return self._assigned(methods[value.func.attr], methods).get("return", set())
            if isinstance(value, ast.Name):
                table = classes_of(self.tables[value.id]) if value.id in self.tables else set()
                return table | found[value.id] | ({value.id} & self.classes.keys())
            return set().union(*map(classes_of, ast.iter_child_nodes(value)))

        # Twice, because a variable may be assigned to an attribute before values are appended to it.
        for node in list(ast.walk(method)) * 2:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name) or is_own(target):
                        found[last_name(target)] |= classes_of(node.value)
            elif isinstance(node, ast.Return) and node.value:
                found["return"] |= classes_of(node.value)
            elif isinstance(node, ast.Call) and last_name(node.func) in ("append", "add_module"):
                found[last_name(node.func.value)] |= set().union(*map(classes_of, node.args))
        return {attribute: classes for attribute, classes in found.items() if classes}

    def calls(self) -> Iterator[LayerCall]:
        for name, definition in self.classes.items():
            held = {attribute: found & self._called for attribute, found in self.held(name).items()}
            for method in definition.body if any(held.values()) else ():
                if isinstance(method, ast.FunctionDef):
                    yield from self._calls_in(method, held)

    def _calls_in(self, method: ast.FunctionDef, held: dict[str, set[str]]) -> Iterator[LayerCall]:
        variables: dict[str, set[str]] = defaultdict(set)

        def classes_in(value: ast.AST) -> set[str]:
            if isinstance(value, ast.Name):
                return variables[value.id]
            owned = (held.get(node.attr, set()) for node in ast.walk(value) if is_own(node))
            return set().union(*owned)

        def bind(target: ast.AST, value: ast.AST) -> None:
            """Binds a loop's variables to the values that they run over, through `enumerate` and `zip`."""
            over = last_name(value.func) if isinstance(value, ast.Call) else None
            if over == "enumerate" and isinstance(target, ast.Tuple):
                bind(target.elts[1], value.args[0])
            elif over == "zip" and isinstance(target, ast.Tuple):
                for one, other in zip(target.elts, value.args, strict=False):
                    bind(one, other)
            elif isinstance(target, ast.Name):
                variables[target.id] |= classes_in(value)

        nodes = list(ast.walk(method))
        for node in nodes:
            if isinstance(node, (ast.For, ast.comprehension)):
                bind(node.target, node.iter)
            elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.Subscript, ast.Attribute)):
                for target in node.targets:
                    bind(target, node.value)
        for node in nodes:
            if not isinstance(node, ast.Call):
                continue
            called, places = node.func, node.args
            checkpointed = last_name(called) in CHECKPOINTING and bool(places)
            if checkpointed:
                called, *places = places
                if last_name(called) in ("__call__", "forward"):
                    called = called.value
            if isinstance(called, ast.Call) or (isinstance(called, ast.Attribute) and not is_own(called)):
                continue  # calls the result of a call, or a method of a layer
            known = [one for one in places if not isinstance(one, ast.Starred)]
            if len(known) < len(places):  # unpacked arguments have no known number of places
                known = known[: next(i for i, one in enumerate(places) if isinstance(one, ast.Starred))]
            for layer in sorted(classes_in(called)):
                signature = self.signature(layer)
                if signature and (checkpointed or layer in self.layers):
                    yield LayerCall(
                        f"{self.path.name}:{node.lineno}",
                        layer,
                        signature,
                        tuple(map(last_name, known)),
                        tuple(keyword.arg for keyword in node.keywords if keyword.arg and not checkpointed),
                    )


def is_own(node: ast.AST) -> bool:
    """Whether this is an attribute of `self`."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def last_name(node: ast.AST) -> str | None:
    """The name `x` for `x` and for `a.b.x`, else None."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None
