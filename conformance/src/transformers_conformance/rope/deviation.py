"""Known deviations: where a model is expected to break a property, and why."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Deviation:
    """A property that a model breaks in every case that this covers; one that holds there is stale, and fails.

    Args:
        reason: what is wrong, and where.
        rope_types: the rope types that it covers, as `Case.rope_type` writes them; None for all.
        widths: the rotary widths that it covers; None for all.
    """

    reason: str
    rope_types: tuple[str, ...] | None = None
    widths: tuple[int, ...] | None = None

    def covers(self, n: int, rope_type: str) -> bool:
        return (self.rope_types is None or rope_type in self.rope_types) and (self.widths is None or n in self.widths)
