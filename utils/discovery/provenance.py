"""Which definitions of Transformers rotate heads in a pass, told by the tensors that they compute, not by their code.

`Rotations` follows every tensor that code of Transformers computes. Cosines and sines are **angles**, and so is what
is computed from angles alone. What layers with weights compute is **hidden**. Where a function multiplies hidden
values by angles, it rotates. Then these definitions take part: the function itself, those that computed its angles,
and those that it called for the hidden values. A function that joins rotated channels to others takes part, too.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


CIRCLES = {"cos", "sin", "cos_", "sin_", "polar"}
PRODUCTS = {"mul", "mul_", "__mul__", "__rmul__", "__imul__", "multiply", "einsum", "addcmul", "addcmul_", "complex"}
JOINS = {"cat", "concat", "concatenate", "stack", "hstack", "__setitem__"}
# Their results are hidden, whatever they are given: weights and attention leave no pair of channels as it was.
LAYERS = {
    "linear", "conv1d", "conv2d", "conv3d", "layer_norm", "rms_norm", "softmax", "scaled_dot_product_attention",
    "addmm", "baddbmm", "bmm",
}  # fmt: skip
MATRIX_PRODUCTS = {"matmul", "__matmul__"}
# Who moves a tensor as it is computes nothing.
MOVES = {"copy_", "clone", "detach", "requires_grad_", "to"}


@dataclass(eq=False)
class Origin:
    """Where a tensor comes from.

    Attributes:
        tensor: the tensor, kept so that no other gets its identity.
        made_by: the definition that computed it, by file and dotted name; None outside of Transformers.
        frames: the calls that were running then, from the innermost.
        parents: the origins of what it was computed from.
        role: "angles", "hidden", "rotated", or None.
    """

    tensor: torch.Tensor
    made_by: tuple[str, str] | None
    frames: tuple[FrameType, ...]
    parents: tuple["Origin", ...]
    role: str | None = None


@dataclass
class Rotations(TorchFunctionMode):
    """Collects, while it is active, the definitions that take part in rotations.

    Args:
        package: the folder of Transformers.
    """

    package: Path
    found: set[tuple[str, str]] = field(default_factory=set)
    _origins: dict[int, Origin] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._prefix = f"{self.package}/"

    def __torch_function__(self, func, types, args=(), kwargs=None):  # noqa: ANN001, ANN204
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name != "__get__":  # an attribute, such as a shape
            self._follow(name, [*_tensors(args), *_tensors(kwargs)], result, args)
        return result

    def _follow(self, name: str, given: list[torch.Tensor], result: Any, args: tuple) -> None:
        frames = self._running()
        definition = self._definition(frames[0]) if frames else None
        parents = tuple(origin for x in given if (origin := self._origins.get(id(x))) is not None)
        role = self._role(name, given, parents)
        if definition is not None:
            if role == "rotated" and not any(one.role == "rotated" for one in parents):
                self._take_part(definition, frames[0], parents)
            elif role == "rotated" and name in JOINS and any(one.role == "hidden" for one in parents):
                self.found.add(definition)
        for x in _tensors(args[:1] if name == "__setitem__" else result):
            self._origins[id(x)] = Origin(x, None if name in MOVES else definition, frames, parents, role)

    def _role(self, name: str, given: list[torch.Tensor], parents: tuple[Origin, ...]) -> str | None:
        roles = {one.role for one in parents}
        if name in CIRCLES:
            return "angles"
        if name == "embedding":  # a table of angles may be looked up
            return "angles" if "angles" in roles else "hidden"
        if name in LAYERS or (name in MATRIX_PRODUCTS and roles & {"hidden", "rotated"}):
            return "hidden"
        if "rotated" in roles:
            return "rotated"
        if {"angles", "hidden"} <= roles:
            return "rotated" if name in PRODUCTS else "hidden"
        return "hidden" if "hidden" in roles else "angles" if "angles" in roles else None

    def _take_part(self, definition: tuple[str, str], frame: FrameType, parents: tuple[Origin, ...]) -> None:
        self.found.add(definition)
        for parent in parents:
            if parent.role == "angles":
                self.found |= {one.made_by for one in _ancestors(parent) if one.made_by}
            else:
                self.found |= {one.made_by for one in _ancestors(parent) if one.made_by and frame in one.frames[1:]}

    def _running(self) -> tuple[FrameType, ...]:
        """The calls of functions of Transformers that are running, from the innermost."""
        frames, frame = [], sys._getframe(3)
        while frame is not None:
            if frame.f_code.co_filename.startswith(self._prefix):
                frames.append(frame)
            frame = frame.f_back
        return tuple(frames)

    def _definition(self, frame: FrameType) -> tuple[str, str]:
        file = Path(frame.f_code.co_filename).relative_to(self.package).as_posix()
        return file, frame.f_code.co_qualname.partition(".<locals>")[0]


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    if isinstance(values, torch.Tensor):
        yield values
    elif isinstance(values, dict):
        yield from _tensors(tuple(values.values()))
    elif isinstance(values, (tuple, list)):
        for value in values:
            yield from _tensors(value)


def _ancestors(origin: Origin) -> Iterator[Origin]:
    """An origin and those before it, as far as values are no integers: those are positions."""
    waiting, seen = [origin], set()
    while waiting:
        one = waiting.pop()
        if id(one) not in seen and (one.tensor.is_floating_point() or one.tensor.is_complex()):
            seen.add(id(one))
            yield one
            waiting += one.parents
