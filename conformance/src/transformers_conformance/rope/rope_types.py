"""The scaled rope types, and the parameters that tiny configs ask for them with."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from .case import Case


SCALED_ROPE_TYPES = ("linear", "dynamic", "yarn", "llama3", "longrope")
# A type, and what else it is asked for beside its required keys: `scaling_parameters` says how.
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
