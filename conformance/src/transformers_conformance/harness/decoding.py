"""Runs a model piece by piece with a cache, or on rows of different lengths."""

import inspect
from collections.abc import Iterable

import torch

from .cache_name import cache_name
from .probe import run_model


PAD = 0


class NoCacheError(RuntimeError):
    """The model was given a cache and did not fill it."""


def decode(
    model: torch.nn.Module,
    input_ids: torch.Tensor,
    position_ids: torch.Tensor | None,
    chunks: Iterable[int],
    cache: object | None = None,
) -> torch.Tensor:
    """The first output of a pass in chunks, joined.

    Args:
        input_ids: `[batch, seq]`.
        position_ids: `[batch, seq]`; None lets the model count.
        chunks: numbers of tokens, which add up to `seq`.
        cache: the cache to fill; None stands for the one that the model makes, or a new one that grows.

    Raises:
        NoCacheError: the model did not fill it.
    """
    if cache is None and not hasattr(own_cache(model, input_ids), "get_seq_length"):
        cache = dynamic_cache(model, len(input_ids))
    outputs, start, name = [], 0, cache_name(type(model))
    for size in chunks:
        stop = start + size
        given = {} if position_ids is None else {"position_ids": position_ids[:, start:stop]}
        result = model(
            input_ids=input_ids[:, start:stop],
            attention_mask=torch.ones_like(input_ids[:, :stop]),
            use_cache=True,
            **{name: cache},
            **given,
        )
        cache = getattr(result, name) if cache is None else cache
        if cache.get_seq_length() != stop:
            raise NoCacheError(f"{type(model).__name__} kept {cache.get_seq_length()} of {stop} tokens")
        outputs.append(result[0])
        start = stop
    return torch.cat(outputs, dim=1)


def own_cache(model: torch.nn.Module, input_ids: torch.Tensor) -> object | None:
    """The cache that a pass of one token hands out, which may be of a class that the model insists on."""
    with torch.no_grad():
        result = model(input_ids=input_ids[:, :1], use_cache=True)
    return getattr(result, cache_name(type(model)) or "", None)


def dynamic_cache(model: torch.nn.Module, batch_size: int) -> object:
    """A cache that grows, of the class that the model's module has for it, if any, with what that takes."""
    from transformers import DynamicCache

    module = inspect.getmodule(type(model))
    own = (x for name, x in vars(module).items() if name.endswith("DynamicCache") and x.__module__ == module.__name__)
    cache_class = next(own, DynamicCache)
    known = {"config": model.config, "batch_size": batch_size, "dtype": torch.float32}
    known["devices"] = ["cpu"] * model.config.num_hidden_layers
    takes = inspect.signature(cache_class.__init__).parameters
    return cache_class(**{name: value for name, value in known.items() if name in takes})


def static_cache(model: torch.nn.Module, input_ids: torch.Tensor, length: int) -> object:
    """A cache of a fixed length for rows like these, with the arguments that this release's takes.

    A decoder that keeps another cache for an encoder's tokens gets it, too.
    """
    from transformers import EncoderDecoderCache, StaticCache

    known = {"config": model.config, "max_cache_len": length, "max_batch_size": len(input_ids), "device": "cpu"}
    known["dtype"] = torch.float32
    takes = inspect.signature(StaticCache.__init__).parameters
    given = {name: value for name, value in known.items() if name in takes}
    if isinstance(own_cache(model, input_ids), EncoderDecoderCache):
        return EncoderDecoderCache(StaticCache(**given), StaticCache(**given))
    return StaticCache(**given)


def has_static_cache(model_class: type) -> bool:
    """Whether the class says that it decodes with a cache of fixed length, by this or an older release's name."""
    return bool(
        getattr(model_class, "_can_compile_fullgraph", False) or getattr(model_class, "_supports_static_cache", False)
    )


def padded(row: torch.Tensor, length: int, side: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, slice]:
    """A row `[1, tokens]` filled up to `length`, its mask, its positions from 0 on, and where its tokens are."""
    missing = length - row.shape[1]
    left, right = (missing, 0) if side == "left" else (0, missing)
    row, mask, positions = (
        torch.nn.functional.pad(x, (left, right), value=value)
        # Generation gives padding the position 1.
        for x, value in ((row, PAD), (torch.ones_like(row), 0), (torch.arange(row.shape[1])[None], 1))
    )
    return row, mask, positions, slice(left, length - right)


def run_masked(
    model: torch.nn.Module, input_ids: torch.Tensor, mask: torch.Tensor, position_ids: torch.Tensor
) -> torch.Tensor:
    """The first output of a pass under a padding mask."""
    with torch.no_grad():
        return run_model(model, input_ids, position_ids, mask)
