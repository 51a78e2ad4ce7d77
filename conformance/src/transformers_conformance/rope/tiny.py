"""Tiny configs and models: seconds for hundreds of them, and weights with which a wrong rotation shows."""

import copy
import math
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch

from .description import Case, Description
from .sizes import MAX_POSITION_EMBEDDINGS, MAX_POSITIONS, tiny_sizes


ORIGINAL_MAX_POSITION_EMBEDDINGS = 128

# The attention factors are no formula's result, and the two of mscale are unlike each other.
_OPTIONS = {
    "": {},
    "mscale": {"mscale": 1.5, "mscale_all_dim": 0.5},
    "mscale_alone": {"mscale": 1.5},  # counts for nothing without the other
    "attention_factor": {"attention_factor": 1.375},
    "untruncated": {"truncate": False},
    # So long a length that the ends of the ramp fall between pairs.
    "defaults": {
        "beta_fast": None,
        "beta_slow": None,
        "truncate": False,
        "original_max_position_embeddings": 16 * ORIGINAL_MAX_POSITION_EMBEDDINGS,
    },
    # What the two lengths say, no whole number.
    "inferred": {"factor": None, "original_max_position_embeddings": 96},
    "unscaled": {"factor": 1.0},
    "shrunk": {"factor": 0.5},  # which is doubtful, and leaves the attention as it is
    "falling": {"beta_fast": 0.2, "beta_slow": 16.0},  # a ramp that falls, which is doubtful, too
    "step": {"beta_fast": 40.0, "beta_slow": 40.0},  # a ramp of no width, at pair 0
    "clamped": {"factor": 1.5, "beta_slow": 0.001},  # a ramp that ends beyond the last channel
    # Wavelengths from that of pair 0 on, to the last bit of float32, are scaled, and none lies in between.
    "limit": {
        "low_freq_factor": ORIGINAL_MAX_POSITION_EMBEDDINGS / torch.tensor(2 * math.pi).item(),
        "high_freq_factor": 40.0,
    },
    "within": {"factor": 1.5},  # and positions that stay within the original length
}


def config_values(description: Description, case: Case) -> dict[str, Any]:
    """Config keywords of the tiny model, by the names that the config class takes; the description's go last."""
    values = size_values(description, case.head_dim)
    values |= description.width.config_values(case.value, scaling_parameters(case), case.head_dim)
    return values | copy.deepcopy(dict(description.config_overrides))  # some classes write into lists


def size_values(description: Description, head_dim: int) -> dict[str, Any]:
    """Config keywords of the tiny model that say nothing of its rotation."""
    values = tiny_sizes(description.config_class, description.fields, head_dim, description.code)
    # Every config takes it, whether or not its own keywords name it.
    values["attn_implementation"] = "eager"
    return values | copy.deepcopy(dict(description.config_overrides))


def scaling_parameters(case: Case) -> Mapping[str, Any] | None:
    """Parameters of a scaled rope type, chosen so that fast, middle and slow pairs of a tiny head fare differently.

    Raises:
        ValueError: the rope type is unknown.
    """
    m = case.n // 2
    original = {"original_max_position_embeddings": ORIGINAL_MAX_POSITION_EMBEDDINGS}
    rope_type, _, option = case.rope_type.partition("+")
    if rope_type == "default":
        return None
    if rope_type in ("linear", "dynamic", "proportional"):
        parameters = {"factor": 4.0}
    elif rope_type == "yarn":
        parameters = {"factor": 4.0, "beta_fast": 8.0, "beta_slow": 1.0} | original
    elif rope_type == "llama3":
        # The lengths that they divide lie between the wavelengths of two pairs and the whole numbers above.
        parameters = {"factor": 8.0, "low_freq_factor": 2.035, "high_freq_factor": 6.432} | original
    elif rope_type == "longrope":
        # One factor a pair, all different, so that a table in the wrong order shows.
        short, long = [1.0 + 0.25 * i for i in range(m)], [2.0 + 0.5 * i for i in range(m)]
        parameters = {"factor": 4.0, "short_factor": short, "long_factor": long} | original
    else:
        raise ValueError(f"unknown rope_type {case.rope_type!r}")
    return {"rope_type": rope_type} | parameters | _OPTIONS[option]


def build_model(
    description: Description,
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
    values = config_values(description, case)
    values |= {name: max_positions for name in MAX_POSITIONS if name in values}
    return model_of(description, values | changes, dtype)


def model_of(description: Description, values: Mapping[str, Any], dtype: torch.dtype = torch.float32):
    """The model of the given config keywords, in evaluation mode, with seeded weights."""
    return model_of_config(description, description.config_class(**values), dtype)


def model_of_config(description: Description, config: Any, dtype: torch.dtype = torch.float32) -> torch.nn.Module:
    """The model of a config, in evaluation mode, with seeded weights."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        model = description.entered_class(config).eval()
    finally:
        torch.set_default_dtype(before)
    seed_weights(model)
    if description.normed_after_rotation:
        head_dim = getattr(model.config, "head_dim", None)
        level_norms_of_heads(model, head_dim or model.config.hidden_size // model.config.num_attention_heads)
    return model


@torch.no_grad()
def level_norms_of_heads(model: torch.nn.Module, head_dim: int) -> None:
    """Fills with 1 what the channels of one head are multiplied by, and freezes it: it turns with no pair."""
    for name, parameter in model.named_parameters():
        if parameter.shape == (head_dim,) and not name.endswith("bias"):
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
