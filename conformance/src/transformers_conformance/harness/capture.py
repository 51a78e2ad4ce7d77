"""Reads q and k where attention takes them, whatever the model's code looks like.

The score product is recognised by its shapes: it contracts `head_dim` and yields one number for every pair of tokens.
So the number of tokens must not equal another size of the model.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode


class NoAttentionError(RuntimeError):
    """The model ran and no product of queries and keys was seen: nothing could be judged."""


@dataclass(frozen=True)
class Attention:
    """A score product of an attention module.

    Args:
        module: the module that was running.
        query: `[batch, heads, seq, head_dim]`, as multiplied.
        key: the same shape, grouped keys repeated as the model repeats them.
    """

    module: torch.nn.Module
    query: torch.Tensor
    key: torch.Tensor

    def beginning_at(self, channel: int) -> "Attention":
        """The same with this channel of each head first, and those before it last."""
        if channel == 0:
            return self
        return Attention(self.module, self.query.roll(-channel, dims=-1), self.key.roll(-channel, dims=-1))


class _Found(Exception):
    """Ends a forward pass early."""

    def __init__(self, attention: "Attention | torch.Tensor"):
        self.attention = attention


_PRODUCTS = {
    torch.matmul: (0, 1),
    torch.Tensor.matmul: (0, 1),
    torch.Tensor.__matmul__: (0, 1),
    torch.bmm: (0, 1),
    torch.Tensor.bmm: (0, 1),
    torch.baddbmm: (1, 2),
    torch.Tensor.baddbmm: (1, 2),
}


_SOFTMAXES = (torch.softmax, torch.Tensor.softmax, torch.nn.functional.softmax)


class _ScoreProducts(TorchFunctionMode):
    """Calls `seen(q, k)` with every score product, and goes on with what it returns."""

    def __init__(self, head_dim: int, seen: Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]):
        self.head_dim = head_dim
        self.seen = seen

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in _PRODUCTS:
            left, right = _PRODUCTS[func]
            query, key = args[left], args[right]
            # The second operand is the transposed key, [..., head_dim, seq].
            if query.shape[-1] == self.head_dim and query.dim() > 2 and query.shape[-2] == key.shape[-1]:
                query, key = self.seen(query, key.mT)
                args = (*args[:left], query, key.mT, *args[right + 1 :])
        elif func is torch.nn.functional.scaled_dot_product_attention:
            args = (*self.seen(args[0], args[1]), *args[2:])
        elif func is torch.einsum and isinstance(args[0], str) and len(args) == 3:
            product = _ScoreEinsum.of(*args, self.head_dim)
            if product is not None:
                return product.finish(*self.seen(product.query, product.key))
        return func(*args, **kwargs)


@dataclass(frozen=True)
class _ScoreEinsum:
    """A score product written as an einsum, brought to `[..., seq, head_dim]`."""

    query: torch.Tensor
    key: torch.Tensor
    out_axes: list[int]

    @classmethod
    def of(cls, equation: str, left: torch.Tensor, right: torch.Tensor, head_dim: int) -> "_ScoreEinsum | None":
        inputs, _, out = equation.replace(" ", "").partition("->")
        q_axes, k_axes = inputs.split(",")
        contracted = [axis for axis in q_axes if axis in k_axes and axis not in out]
        q_rows = [axis for axis in q_axes if axis not in k_axes]
        k_rows = [axis for axis in k_axes if axis not in q_axes]
        if not len(contracted) == len(q_rows) == len(k_rows) == 1:
            return None
        shared = [axis for axis in out if axis in q_axes and axis in k_axes]
        query = left.permute([q_axes.index(axis) for axis in shared + q_rows + contracted])
        key = right.permute([k_axes.index(axis) for axis in shared + k_rows + contracted])
        if query.shape[-1] != head_dim or query.shape[-2] != key.shape[-2]:
            return None
        rows = shared + q_rows + k_rows
        return cls(query, key, [rows.index(axis) for axis in out])

    def finish(self, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        return torch.matmul(query, key.mT).permute(self.out_axes)


def _any_layer(index: int) -> bool:
    return True


def first_attention(
    model: torch.nn.Module,
    head_dim: int,
    batch_size: int,
    run: Callable[[], object],
    graph: bool = False,
    wanted: Callable[[int], bool] = _any_layer,
) -> Attention:
    """q and k of the first score product of a pass that is wanted; the pass ends there.

    Args:
        model: the model that `run` runs.
        head_dim: `D`, channels of a head.
        batch_size: rows that `run` feeds the model; heads folded into the batch are unfolded by it.
        run: calls the model.
        graph: leave q and k in the graph of gradients, instead of copying them.
        wanted: whether the score product of this number, from 0 on, is.

    Raises:
        NoAttentionError: no such score product was seen.
    """
    numbers = itertools.count()

    def seen(query: torch.Tensor, key: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if not wanted(next(numbers)):
            return query, key
        q, k = (_by_head(x, batch_size) for x in (query, key))
        if k.shape[1] == 1:  # broadcast to all heads
            k = k.expand(-1, q.shape[1], -1, -1)
        if not graph:
            q, k = q.detach().clone(), k.detach().clone()
        raise _Found(Attention(running[-1], q, k))

    try:
        with torch.set_grad_enabled(graph), _running_modules() as running, _ScoreProducts(head_dim, seen):
            run()
    except _Found as found:
        return found.attention
    raise _no_attention(model, head_dim)


def first_scores(
    model: torch.nn.Module, head_dim: int, run: Callable[[], object], wanted: Callable[[int], bool] = _any_layer
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the first attention that is wanted hands to its softmax, and the products of q and k it was made of.

    Returns:
        `[rows, seq, seq]` each, float64, rows being batches and heads. Of a softmax over more than the tokens, such as
        attention sinks, those of the tokens.

    Raises:
        NoAttentionError: no score product was seen, or no softmax after it.
    """
    numbers = itertools.count()
    products: list[torch.Tensor] = []

    def seen(query: torch.Tensor, key: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if wanted(next(numbers)) and not products:
            products.append(query.double() @ key.double().mT)
        return query, key

    class Softmaxes(_ScoreProducts):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            if func is torch.nn.functional.scaled_dot_product_attention:
                self.seen(args[0], args[1])
                if products:
                    scale = (kwargs or {}).get("scale")
                    raise _Found(products[0] * (args[0].shape[-1] ** -0.5 if scale is None else scale))
                return func(*args, **(kwargs or {}))
            if func in _SOFTMAXES and products and args[0].shape[-2:-1] == products[0].shape[-2:-1]:
                raise _Found(args[0].detach())
            return super().__torch_function__(func, types, args, kwargs)

    try:
        with torch.no_grad(), Softmaxes(head_dim, seen):
            run()
    except _Found as found:
        seq = products[0].shape[-1]
        return tuple(x.double()[..., :seq].reshape(-1, seq, seq) for x in (found.attention, products[0]))
    raise _no_attention(model, head_dim)


def attention_weights(batch_size: int, seq: int, run: Callable[[], object]) -> list[torch.Tensor]:
    """What each softmax over the tokens of a pass gives, `[batch, heads, seq, seq]`, in the order of the layers.

    Args:
        batch_size: rows that `run` feeds the model; heads folded into the batch are unfolded by it.
        seq: tokens of a row. Of a softmax over more than the tokens, such as attention sinks, those of the tokens.
        run: calls the model, which must not fuse attention.
    """
    found: list[torch.Tensor] = []

    class Softmaxes(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            if func in _SOFTMAXES and result.dim() > 2 and result.shape[-2] == seq and result.shape[-1] >= seq:
                found.append(result[..., :seq].reshape(batch_size, -1, seq, seq))
            return result

    with torch.no_grad(), Softmaxes():
        run()
    return found


def every_attention(
    model: torch.nn.Module, head_dim: int, batch_size: int, run: Callable[[], object]
) -> list[Attention]:
    """q and k of every score product of a pass in which attention weighs all tokens that it sees alike.

    Each product goes on with zeros in their place. So what a later layer gets does not depend on positions, and its q
    and k can be compared with those of a pass at other positions.

    Args:
        model, head_dim, batch_size, run: as `first_attention` takes them.

    Raises:
        NoAttentionError: no score product was seen.
    """
    found: list[Attention] = []

    def seen(query: torch.Tensor, key: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found.append(Attention(running[-1], *(_by_head(x, batch_size).clone() for x in (query, key))))
        return torch.zeros_like(query), torch.zeros_like(key)

    with torch.no_grad(), _running_modules() as running, _ScoreProducts(head_dim, seen):
        run()
    if not found:
        raise _no_attention(model, head_dim)
    return found


@contextmanager
def _running_modules() -> Iterator[list[torch.nn.Module]]:
    """The modules whose forward is running, the innermost last."""
    running: list[torch.nn.Module] = []

    def enter(module: torch.nn.Module, args: tuple) -> None:
        running.append(module)

    def leave(module: torch.nn.Module, args: tuple, output: object) -> None:
        running.pop()

    handles = [
        hooks.register_module_forward_pre_hook(enter),
        hooks.register_module_forward_hook(leave, always_call=True),
    ]
    try:
        yield running
    finally:
        for handle in handles:
            handle.remove()


def _no_attention(model: torch.nn.Module, head_dim: int) -> NoAttentionError:
    return NoAttentionError(
        f"{type(model).__name__} ran, and no product of queries and keys of width {head_dim} was seen"
    )


def run_with_noise(head_dim: int, noise: float, run: Callable[[], torch.Tensor]) -> torch.Tensor:
    """The result of `run` with every q and k of every layer off by a random relative error of size `noise`."""
    generator = torch.Generator().manual_seed(0)

    def seen(query: torch.Tensor, key: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        off = (1.0 + noise * torch.randn(x.shape, generator=generator) for x in (query, key))
        return tuple(x * factor for x, factor in zip((query, key), off, strict=True))

    with torch.no_grad(), _ScoreProducts(head_dim, seen):
        return run()


def _by_head(x: torch.Tensor, batch_size: int) -> torch.Tensor:
    """`[..., seq, head_dim]`, batch and heads in any leading axes, to `[batch, heads, seq, head_dim]`."""
    return x.reshape(batch_size, -1, *x.shape[-2:])
