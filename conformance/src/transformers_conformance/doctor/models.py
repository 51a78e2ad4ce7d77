"""What releases make of RoPE keys, by model type: measured on their config classes, and kept in `models.json`.

`utils/doctor_facts.py` of the patch set writes the file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from .releases import Reader


# The flat keys that state a base or a share of the head, in the order in which they count.
BASES = ("rope_theta", "rotary_emb_base", "global_rope_theta", "local_rope_theta", "rope_local_base_freq")
WITHIN_ATTENTION = "attn_config.rope_theta"
FACTORS = ("partial_rotary_factor", "rotary_pct")


@dataclass(frozen=True)
class Model:
    """How a config class reads RoPE keys.

    Args:
        model_type: the name of the class in configs; "" for a class that we do not know.
        parts: the model types of configs within the config, by key.
        names: the key in files for a size, where it is not the usual one.
        sizes: the sizes of a config that states none.
        head_dim: the width of a head if a config states none: a number, numbers by layer type, "derived" from two
            sizes, "doubled" (twice that), or "slice", the width of the part that rotates.
        rope: the parameters of a config that states none, by layer type; under "" if all layers have the same.
        types: the scaled rope types that the class takes.
        reads: the layer types for which a key counts, by `key|context`. The context is the dict that the config also
            states. Without an entry, the usual keys count for all layers.
        fork: the entries of `reads` that the fork changes.
        unscaled: the rope types if `rope_scaling` is null.
        reads_factor: whether upstream rotates the share that `partial_rotary_factor` asks for, under the default type.
        whole_heads: whether 5.x refuses a hidden size that is no multiple of the number of heads.
        usual: whether the table has an entry for each pair. Tables for coordinates have fewer.
    """

    model_type: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    head_dim: int | str | Mapping[str, int] = "derived"
    rope: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    types: tuple[str, ...] | None = None
    reads: Mapping[str, list[str]] = field(default_factory=dict)
    fork: Mapping[str, Any] = field(default_factory=dict)
    unscaled: Mapping[str, str] | None = None
    reads_factor: bool = True
    usual: bool = True
    whole_heads: bool = False

    @property
    def known(self) -> bool:
        return bool(self.model_type)

    def counts_for(self, key: str, context: str, reader: Reader) -> tuple[str, ...]:
        """The layer types for which a flat key, or a form of a dict, counts."""
        entries = [self.reads] if reader == "5.x" else [self.fork.get("reads", {}), self.reads]
        names = (f"{key}|{context}",) if context == "form" else (f"{key}|{context}", f"{key}|")
        for name in names:
            for entry in entries:
                if entry.get(name) is not None:
                    return tuple(entry[name])
        usual = key in ("rope_theta", "partial_rotary_factor") or context == "form"
        return tuple(self.rope) if usual else ()


# Classes that rotate only if a key says so: the key, its default, and the value that rotates.
SWITCHES: Mapping[str, tuple[str, Any, Any]] = {
    "falcon": ("alibi", False, False),
    "granitemoehybrid": ("position_embedding_type", None, "rope"),
    "zamba2": ("use_mem_rope", False, True),
}
UNKNOWN = Model(rope={"": {"rope_type": "default", "rope_theta": 10_000.0}})


@cache
def _file() -> dict[str, Any]:
    return json.loads(resources.files(__package__).joinpath("models.json").read_text(encoding="utf-8"))


def model(model_type: Any) -> Model:
    """What is known of a model type; `UNKNOWN` for a type of another package, or of a newer release."""
    entry = _file()["models"].get(model_type) if isinstance(model_type, str) else None
    return UNKNOWN if entry is None else Model(model_type, **entry)


def all_models() -> list[str]:
    """The model types with RoPE that were measured."""
    return list(_file()["models"])


def has_no_rope(model_type: Any) -> bool:
    """Whether the class is known, and neither the class nor a part of it reads RoPE keys.

    The model may still rotate, by numbers that no key states.
    """
    return isinstance(model_type, str) and model_type in _file()["without_rope"]


def measured_release() -> str:
    """The release whose classes were measured."""
    return _file()["release"]
