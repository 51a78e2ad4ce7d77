import unittest
from typing import Any

import torch

from transformers import ClvpEncoder, ClvpEncoderConfig
from transformers_conformance.rope import Case
from transformers_conformance.rope.axial_spec import CountingRotarySpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class ClvpSpec(CountingRotarySpec):
    """CLVP rotates 32 channels at least: heads and widths are wider by as much. Its table holds angles."""

    def cases_of(self, head_dim: int, n: int, rope_type: str = "default") -> list[Case]:
        return [Case(head_dim + 32, n + 32, None)]

    def config_values(self, case: Case) -> dict[str, Any]:
        values = super().config_values(case)
        return values | {"projection_dim": 2 * values["num_attention_heads"] * case.n}

    def still(self, table: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(table)


class ClvpEncoderRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = ClvpSpec(ClvpEncoderConfig, ClvpEncoder, "half-split", one_axis, base=10000.0)
