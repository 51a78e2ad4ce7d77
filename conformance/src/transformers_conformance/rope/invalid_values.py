"""Parameters of a rope type that must be refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.refusal import MISSING, refuses
from ..facts.rope_types import ROPE_TYPES
from .case import Case
from .spec import RotarySpec


@dataclass(frozen=True)
class InvalidValue:
    """Parameters of a rope type that must be refused.

    Args:
        key: the key of the invalid value.
        written: the forms in which an error may state the value: as it was written, or the length of a list.
        bounds: the bounds of the range.
        read_beyond: the value is read only at positions past this length. Within the length the model may run.
    """

    parameters: Mapping[str, Any]
    key: str
    written: tuple[Any, ...]
    bounds: tuple[int, ...] = ()
    read_beyond: int | None = None

    def refused_by(self, error: Exception) -> bool:
        return any(refuses(error, {self.key: value}, self.bounds) for value in self.written)


def invalid_values(spec: RotarySpec, case: Case) -> Iterator[InvalidValue]:
    """An unknown rope type, keys that are missing, lists of the wrong length."""
    yield InvalidValue({"rope_type": "nonsense"}, "rope_type", ("nonsense",))
    pairs = case.n // 2
    complete = {
        "linear": {"factor": 4.0},
        "dynamic": {"factor": 4.0},
        "yarn": {"factor": 4.0},
        "llama3": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0},
        "longrope": {"short_factor": [1.0] * pairs, "long_factor": [2.0] * pairs},
    }
    original = {"original_max_position_embeddings": 128}
    for rope_type, parameters in complete.items():
        if rope_type not in spec.supported_rope_types:
            continue
        for missing in ROPE_TYPES[rope_type].required:
            rest = {key: value for key, value in parameters.items() if key != missing}
            yield InvalidValue({"rope_type": rope_type} | original | rest, missing, (MISSING,))
    if "longrope" in spec.supported_rope_types:
        lengths = {"short_factor": None, "long_factor": original["original_max_position_embeddings"]}
        for key, read_beyond in lengths.items():
            for length in {pairs - 1, pairs + 1} - {1}:  # one entry counts for all pairs
                wrong = [1.0] * length
                parameters = {"rope_type": "longrope"} | original | complete["longrope"] | {key: wrong}
                yield InvalidValue(parameters, key, (length, wrong), (pairs,), read_beyond)
