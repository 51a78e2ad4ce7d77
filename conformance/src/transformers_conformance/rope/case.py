"""One configuration to try."""

from dataclasses import dataclass
from typing import Any


NUM_LAYERS = 2  # of a tiny model


@dataclass(frozen=True)
class Case:
    """One configuration to try.

    Args:
        head_dim: `D`, channels of a head.
        n: rotary width that the config asks for.
        value: what the config's key is set to, in order to ask for `n`.
        rope_type: scaling of the frequencies, and after a `+` an option of it.
    """

    head_dim: int
    n: int
    value: Any
    rope_type: str = "default"

    @property
    def scaling_type(self) -> str:
        """The rope type as a config names it."""
        return self.rope_type.partition("+")[0]

    @property
    def rotated(self) -> int:
        """Channels that whole pairs cover, `2m` (R1)."""
        return 2 * (self.n // 2)
