"""The rope types: their names and their parameters."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RopeType:
    """A rope type.

    Args:
        required: the keys without which no table can be computed.
        optional: the other keys that the type reads.
        by_length: whether the type scales by the length that the model was trained with first.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    by_length: bool = False


ROPE_TYPES: Mapping[str, RopeType] = {
    "default": RopeType(),
    "linear": RopeType(("factor",)),
    "dynamic": RopeType(("factor",)),
    "yarn": RopeType(
        ("factor",), ("attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate"), True
    ),
    "longrope": RopeType(("short_factor", "long_factor"), ("factor", "attention_factor"), True),
    "llama3": RopeType(("factor", "low_freq_factor", "high_freq_factor"), (), True),
    "proportional": RopeType((), ("factor",)),
}
SCALED_ROPE_TYPES = ("linear", "dynamic", "yarn", "llama3", "longrope")
# Older names: Phi-3's first name for LongRoPE, and Qwen2-VL's name for the default type with sections.
OLDER_NAMES: Mapping[str, str] = {"su": "longrope", "mrope": "default"}
# Every rope type may have these.
OF_ALL = ("rope_type", "type", "rope_theta", "partial_rotary_factor")
ORIGINAL_LENGTH = "original_max_position_embeddings"
