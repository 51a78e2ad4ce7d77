"""Tiny models: seconds for hundreds of them, and weights with which attention depends on positions."""

import math
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch

from ..core.case import Case
from .model_spec import ModelSpec
from .sizes import MAX_POSITION_EMBEDDINGS, MAX_POSITIONS


def build_model(
    spec: ModelSpec,
    case: Case,
    *,
    dtype: torch.dtype = torch.float32,
    max_positions: int = MAX_POSITION_EMBEDDINGS,
    **changes: Any,
) -> torch.nn.Module:
    """The tiny model, in evaluation mode, with seeded weights.

    Args:
        dtype: what it is built in, as `from_config(dtype=...)` does: as the default type.
        max_positions: positions that it is configured for.
        changes: config keywords that replace the tiny model's own.
    """
    values = spec.config_values(case)
    values |= {name: max_positions for name in MAX_POSITIONS if name in values}
    return model_of(spec, values | changes, dtype)


def model_of(spec: ModelSpec, values: Mapping[str, Any], dtype: torch.dtype = torch.float32):
    """The model of the given config keywords, in evaluation mode, with seeded weights."""
    return model_of_config(spec, spec.config_class(**values), dtype)


def model_of_config(spec: ModelSpec, config: Any, dtype: torch.dtype = torch.float32) -> torch.nn.Module:
    """The model of a config, in evaluation mode, with seeded weights."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        model = spec.adapted_class(config).eval()
    finally:
        torch.set_default_dtype(before)
    seed_weights(model)
    spec.prepare(model)
    return model


@torch.no_grad()
def level_norms_of_heads(model: torch.nn.Module, head_dim: int) -> None:
    """Fills with 1 what the channels of one head are multiplied by, and freezes it: it turns with no pair."""
    for name, parameter in model.named_parameters():
        if parameter.shape == (head_dim,) and not name.endswith("bias"):
            parameter.fill_(1.0).requires_grad_(False)


@torch.no_grad()
def level(model: torch.nn.Module, endings: tuple[str, ...]) -> None:
    """Fills parameters whose names end so with 1, and freezes them."""
    for name, parameter in model.named_parameters():
        if name.rpartition(".")[2] in endings:
            parameter.fill_(1.0).requires_grad_(False)


@lru_cache(maxsize=1024)
def _noise(name: str, shape: torch.Size) -> torch.Tensor:
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    return torch.randn(shape, generator=generator, dtype=torch.float32)


@torch.no_grad()
def seed_weights(model: torch.nn.Module) -> None:
    """Fills every parameter from its name alone, so that models with the same shapes have the same weights.

    Matrices have a standard deviation of `1.5 / sqrt(fan_in)`: upstream's 0.02 makes all scores of a tiny model nearly
    equal, and then attention forgets positions however wrongly they are rotated.
    """
    for name, parameter in model.named_parameters():
        noise = _noise(name, parameter.shape)
        if parameter.dim() > 1:
            parameter.copy_(noise * 1.5 / math.sqrt(parameter.shape[-1]))
        elif name.endswith("weight"):
            parameter.copy_(1.0 + 0.2 * noise)
        else:
            parameter.copy_(0.2 * noise)
