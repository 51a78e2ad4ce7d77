"""Upstream's RoPE definitions: the edit or exemption of each, found once per process; and functions that run a
definition outside its package, from the text of the pristine tree or of the fork."""

import ast
import builtins
import math
import textwrap
from collections.abc import Callable, Iterable
from functools import cache
from types import SimpleNamespace

import torch
from environment import LINES, line_of

from discovery.coverage import Explanation, explain_release, pristine_tree
from discovery.scan import FoundDefinition
from discovery.variants import text_of
from overlay.engine import PackageFiles, Tree
from overlay.index import Index
from overlay.layout import DEFAULT_RELEASE, Layout


LAYOUT = Layout()


@cache
def explanations(release: str = DEFAULT_RELEASE) -> list[Explanation]:
    return explain_release(LAYOUT, release)


@cache
def tree(release: str = DEFAULT_RELEASE) -> Tree:
    return pristine_tree(LAYOUT, release)


@cache
def fork(release: str = DEFAULT_RELEASE) -> Tree:
    package = LAYOUT.source(release) / "transformers"
    return Tree(PackageFiles(package, tree(release).files), Index(LAYOUT.discovery(release)), "fork")


def reason_to_skip(release: str) -> str | None:
    """The reason why a release cannot be tested here: the fork of another line may not be built."""
    if LAYOUT.source(release).exists():
        return None
    return f"there is no fork of {release}: {command_for(release)}"


def command_for(release: str) -> str:
    """What builds the fork of a release."""
    line = line_of(release)
    if LINES[line].release == release:
        return f"run ./run_tests --line {line}"
    return f"run make adopt and make fork with RELEASE={release}"


class Globals(dict):
    """The globals of one file of a tree: its functions and those that all models share. They are read when called."""

    def __init__(self, file: str, of: Tree):
        super().__init__(torch=torch, math=math, pi=math.pi, nn=torch.nn, __name__=file)
        self.update(broadcast_tensors=torch.broadcast_tensors, Iterable=Iterable)
        self["logger"] = SimpleNamespace(warning_once=lambda *_: None)
        self["super"] = lambda: SimpleNamespace(__init__=lambda *_: None)  # inherited code does not run
        self._file, self._of = file, of

    def __missing__(self, name: str) -> object:
        if hasattr(builtins, name):
            raise KeyError(name)
        defined = any(definition.name == name for definition in self._of.spans(self._file))
        file = self._file if defined else "modeling_rope_utils.py"
        self[name] = load(file, name, self._of, self if defined else None)
        return self[name]


def load(file: str, name: str, of: Tree | None = None, names: Globals | None = None) -> Callable:
    """A function or method of a file of a tree (by default the pristine one), without decorators and annotations."""
    of = tree() if of is None else of
    node = ast.parse(textwrap.dedent(text_of(FoundDefinition(file, name, ()), of))).body[0]
    node.decorator_list, node.returns = [], None
    for argument in ast.walk(node):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    names = Globals(file, of) if names is None else names
    exec(compile(ast.Module([node], []), file, "exec"), names)
    return dict.__getitem__(names, node.name)


def rotated(x: torch.Tensor, angles: torch.Tensor, layout: str) -> torch.Tensor:
    """The reference in float64: turns the first `2 * angles.shape[-1]` channels of `x` [..., head] by `angles`."""
    width = 2 * angles.shape[-1]
    x, rest = x[..., :width], x[..., width:]
    a, b = x.chunk(2, -1) if layout == "half-split" else (x[..., 0::2], x[..., 1::2])
    a, b = a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()
    if layout == "interleaved":
        return torch.cat((torch.stack((a, b), -1).flatten(-2), rest), -1)
    return torch.cat((a, b, rest), -1)
