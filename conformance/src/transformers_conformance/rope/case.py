"""The cases of the rotary topics, and their filters and test names."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any


# The kinds of rotary widths by which an expected failure chooses cases.
_WIDTHS: dict[str, Callable[[int, int], bool]] = {
    "odd": lambda n, head_dim: n % 2 == 1,
    "partial": lambda n, head_dim: n < head_dim,
    "full": lambda n, head_dim: n == head_dim,
    "none": lambda n, head_dim: n == 0,
    "odd-half": lambda n, head_dim: n // 2 % 2 == 1,
}
# `rotary_ndims`: "odd", "partial" (below `head_dim`), "full", "none" (0) or "odd-half" (half of the width is odd; with
# two axes, each has half). `rope_types`: the names in `Case.rope_type`. `values`: the value of the config's key, as
# `repr` writes it.
FILTERS: dict[str, Collection[str] | None] = {"rotary_ndims": tuple(_WIDTHS), "rope_types": None, "values": None}


@dataclass(frozen=True)
class Case:
    """One configuration of a rotation to try.

    Args:
        head_dim: `D`, the number of channels of a head.
        n: the rotary width that the config asks for.
        value: the value of the config's key that asks for `n`.
        rope_type: the rope type; after a `+`, one of its options.
    """

    head_dim: int
    n: int
    value: Any
    rope_type: str = "default"

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {"head_dim": self.head_dim, "n": self.n, "value": repr(self.value), "rope_type": self.rope_type}

    @property
    def filters(self) -> Mapping[str, Collection[str]]:
        return {
            "rotary_ndims": [kind for kind, holds in _WIDTHS.items() if holds(self.n, self.head_dim)],
            "rope_types": [self.rope_type],
            "values": [repr(self.value)],
        }

    @property
    def scaling_type(self) -> str:
        """The rope type as a config names it."""
        return self.rope_type.partition("+")[0]

    @property
    def rotated(self) -> int:
        """Channels that whole pairs cover, `2m` (R1)."""
        return 2 * (self.n // 2)


def test_name(index: int, property_name: str, axes: Mapping[str, Any]) -> str:
    """`test_rotary_ndims_<odd|even>_<property>_<rope type>_<index>_head_dim_<D>_n_<n>`: "odd" if `D` or `n` is odd."""
    head_dim, n, rope_type = axes["head_dim"], axes["n"], axes["rope_type"]
    parity = "odd" if head_dim % 2 or n % 2 else "even"
    kind = "" if rope_type == "default" else f"_{rope_type.replace('+', '_')}"
    return f"test_rotary_ndims_{parity}_{property_name}{kind}_{index}_head_dim_{head_dim}_n_{n}"


test_name.__test__ = False  # pytest collects functions with such a name
