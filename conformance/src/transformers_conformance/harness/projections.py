"""Which projected feature goes to which head, found by moving it: so fused and grouped projections need no names."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import torch

from . import positions
from .capture import Attention
from .probe import Probe


# Rotation keeps the size of a change; what a feature moves, it moves by more than a hundredth of its own change.
_VISIBLE = 0.01


def projections(probed: Probe) -> list[torch.nn.Linear]:
    """The linear layers of the first attention module with RoPE, whatever they project to."""
    attention = probed.attention(positions.zeros()).module
    return [module for module in attention.modules() if isinstance(module, torch.nn.Linear)]


def normed_over_heads(probed: Probe) -> bool:
    """Whether q or k passes a norm over all heads: then every feature moves every head a little."""
    attention = probed.attention(positions.zeros()).module
    width = max(linear.out_features for linear in projections(probed))
    norms = [module for module in attention.modules() if not isinstance(module, torch.nn.Linear)]
    return any(parameter.shape == (width,) for norm in norms for parameter in norm.parameters(recurse=False))


def weighs_heads_apart(probed: Probe) -> bool:
    """Whether heads pass weights of their own, in a norm or a convolution: then no head can take another's place."""
    attention = probed.attention(positions.zeros()).module
    others = [module for module in attention.modules() if not isinstance(module, torch.nn.Linear)]
    convolved = any(isinstance(module, torch.nn.modules.conv._ConvNd) for module in others)
    return convolved or any(
        parameter.dim() == 2 for module in others for parameter in module.parameters(recurse=False)
    )


def projects_by_experts(probed: Probe) -> bool:
    """Whether the experts of a token project features: their weights are one parameter, of no linear layer."""
    attention = probed.attention(positions.zeros()).module
    modules = [module for module in attention.modules() if not isinstance(module, torch.nn.modules.conv._ConvNd)]
    return any(parameter.dim() == 3 for module in modules for parameter in module.parameters(recurse=False))


def read_moved(probed: Probe, position_ids: torch.Tensor) -> Attention:
    """q and k of one row of tokens `1 + features` times: row `f + 1` has its `f`-th projected feature moved by 1.

    Args:
        position_ids: `[1, seq]`.
    """
    linears = projections(probed)
    rows = 1 + sum(linear.out_features for linear in linears)
    with hooked(linears, _moved_features):
        return probed.read(probed.input_ids[:1].expand(rows, -1), position_ids)


def moved_heads(x: torch.Tensor) -> torch.Tensor:
    """Which heads of q or k each feature moves, `[features, heads]`; `x` is one of `read_moved`'s tensors."""
    return (x[1:] - x[:1]).abs().amax(dim=(2, 3)) > _VISIBLE


@contextmanager
def hooked(linears: list[torch.nn.Linear], hook_at: Callable[[int], Callable]) -> Iterator[None]:
    """Puts `hook_at(first)` on the output of each projection; its features are counted from `first` on."""
    with ExitStack() as stack:
        first = 0
        for linear in linears:
            stack.callback(linear.register_forward_hook(hook_at(first)).remove)
            first += linear.out_features
        yield


def _moved_features(first: int) -> Callable:
    def hook(module: torch.nn.Linear, args: tuple, output: torch.Tensor) -> torch.Tensor:
        moved = output.clone()
        features = torch.arange(module.out_features)
        moved[1 + first + features, ..., features] += 1.0
        return moved

    return hook
