"""Other implementations of attention: whether a model runs under them here."""

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from unittest.mock import patch

import torch

from .model_spec import ModelSpec
from .sizes import SEQUENCE_LENGTH


_FLEX = "flex_attention"
_SUPPORT = {"sdpa": "_supports_sdpa", _FLEX: "_supports_flex_attn"}
_SAID = {_FLEX: "flex attention"}


def obstacle(spec: ModelSpec, implementation: str) -> str | None:
    """Why a model does not run under an implementation of attention, or None; every model runs under `eager`."""
    name = spec.model_class.__name__
    if not getattr(spec.model_class, _SUPPORT.get(implementation, "__name__"), False):
        return f"{name} does not say that it supports {_SAID.get(implementation, implementation)}"
    if implementation != _FLEX:
        return None
    if spec.has_sinks:
        return f"{name} has attention sinks, which flex attention on a CPU does not take"
    return _flex_obstacle()


def running(implementation: str) -> AbstractContextManager[None]:
    """The passes of a model under this implementation run within it. Flex attention is not compiled in them."""
    return uncompiled_flex() if implementation == _FLEX else nullcontext()


@contextmanager
def uncompiled_flex() -> Iterator[None]:
    """Flex attention runs as it is written, and does not warn that it does.

    Transformers keeps what it once compiled; here it compiles nothing, and what it kept before is put back.
    """
    from transformers.integrations.flex_attention import WrappedFlexAttention

    with (
        warnings.catch_warnings(),
        patch.object(torch, "compile", lambda function, **options: function),
        patch.object(WrappedFlexAttention, "_instance", None),
    ):
        warnings.filterwarnings("ignore", message="flex_attention called without torch.compile")
        warnings.filterwarnings("ignore", message="_compile flag", category=DeprecationWarning)
        yield


@lru_cache(maxsize=1)
def _flex_obstacle() -> str | None:
    try:
        from torch.nn.attention.flex_attention import flex_attention

        x = torch.ones(1, 1, SEQUENCE_LENGTH, 8)
        with uncompiled_flex():
            flex_attention(x, x, x)
    except Exception as error:
        return f"flex attention does not run here: {type(error).__name__}: {error}"
    return None
