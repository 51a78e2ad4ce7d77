"""The scaled rope types, and their parameters for tiny configs."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from .case import Case


# A rope type and an option, which adds or changes parameters: see `_OPTIONS`.
ROPE_TYPE_OPTIONS = (
    "yarn+mscale",
    "yarn+mscale_alone",
    "yarn+attention_factor",
    "yarn+untruncated",
    "yarn+defaults",
    "yarn+inferred",
    "yarn+unscaled",
    "yarn+shrunk",
    "yarn+falling",
    "yarn+step",
    "yarn+clamped",
    "longrope+within",
    "longrope+attention_factor",
    "longrope+inferred",
    "longrope+unscaled",
    "longrope+shrunk",
    "llama3+limit",
    "proportional",
)

ORIGINAL_MAX_POSITION_EMBEDDINGS = 128

# No formula gives these attention factors, and the two values of mscale differ.
_OPTIONS = {
    "": {},
    "mscale": {"mscale": 1.5, "mscale_all_dim": 0.5},
    "mscale_alone": {"mscale": 1.5},  # has no effect without mscale_all_dim
    "attention_factor": {"attention_factor": 1.375},
    "untruncated": {"truncate": False},
    # With such a long length, the ends of the ramp are between pairs.
    "defaults": {
        "beta_fast": None,
        "beta_slow": None,
        "truncate": False,
        "original_max_position_embeddings": 16 * ORIGINAL_MAX_POSITION_EMBEDDINGS,
    },
    # The factor follows from the two lengths, and is not a whole number.
    "inferred": {"factor": None, "original_max_position_embeddings": 96},
    "unscaled": {"factor": 1.0},
    "shrunk": {"factor": 0.5},  # questionable; the attention factor stays 1
    "falling": {"beta_fast": 0.2, "beta_slow": 16.0},  # a ramp that falls, also questionable
    "step": {"beta_fast": 40.0, "beta_slow": 40.0},  # a ramp of no width, at pair 0
    "clamped": {"factor": 1.5, "beta_slow": 0.001},  # a ramp that ends beyond the last channel
    # The limit is the wavelength of pair 0, to the last bit of float32. All pairs are scaled, and none partly.
    "limit": {
        "low_freq_factor": ORIGINAL_MAX_POSITION_EMBEDDINGS / torch.tensor(2 * math.pi).item(),
        "high_freq_factor": 40.0,
    },
    "within": {"factor": 1.5},  # for positions within the original length
}


def scaling_parameters(case: Case) -> Mapping[str, Any] | None:
    """Parameters of a scaled rope type that treat fast, middle and slow pairs of a tiny head differently.

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
        # Each limit of the wavelengths (length / factor) is between the wavelength of a pair and the next integer.
        parameters = {"factor": 8.0, "low_freq_factor": 2.035, "high_freq_factor": 6.432} | original
    elif rope_type == "longrope":
        # One factor per pair. All factors differ, so a table in the wrong order gives wrong frequencies.
        short, long = [1.0 + 0.25 * i for i in range(m)], [2.0 + 0.5 * i for i in range(m)]
        parameters = {"factor": 4.0, "short_factor": short, "long_factor": long} | original
    else:
        raise ValueError(f"unknown rope_type {case.rope_type!r}")
    return {"rope_type": rope_type} | parameters | _OPTIONS[option]
