import unittest
from typing import Any

import numpy as np
import torch

from transformers import EfficientLoFTRConfig, EfficientLoFTRModel
from transformers_conformance.rope import AxialRotarySpec, Case
from transformers_conformance.rope.coordinates import powers
from transformers_conformance.rope.testing import AxialRotaryTestMixin


HEADS = 4
ROWS, COLUMNS = 3, 4


class EfficientLoFTRSpec(AxialRotarySpec):
    """One rotation spans all heads. Rows and columns, counted from 1, have the same frequencies and take turns."""

    def cases_of(self, head_dim: int, n: int, rope_type: str = "default") -> list[Case]:
        return [Case(head_dim, n, HEADS / 2)] if n == head_dim else []

    def bounds(self, case: Case) -> tuple[float, ...]:
        return (int(case.value),)  # no other fits

    def config_values(self, case: Case) -> dict[str, Any]:
        sizes = {"hidden_size": HEADS * case.head_dim, "out_features": [8, 8, 8, HEADS * case.head_dim]}
        if not self.takes_factor:  # in 4.x
            sizes["partial_rotary_factor"] = case.value
        return super().config_values(case) | sizes

    def frequencies_of(self, case: Case) -> np.ndarray:
        own = powers(case.head_dim * HEADS // 4, case.head_dim * HEADS // 2, self.base)
        return np.array([np.kron(own, (1, 0)), np.kron(own, (0, 1))])

    def coordinates(self, case: Case) -> np.ndarray:
        return np.argwhere(np.ones((ROWS, COLUMNS))) + 1.0

    def table(self, model: torch.nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> tuple:
        stride = model.config.q_aggregation_stride
        features = like.new_zeros(1, 1, stride * ROWS, stride * COLUMNS)
        return tuple(x.flatten(1, 2) for x in self.rotary(model)(features))

    def heads(self, model: torch.nn.Module, case: Case, tokens: torch.Tensor, table: tuple) -> tuple[np.ndarray, ...]:
        apart = super().heads(model, case, tokens, table)
        return tuple(x.swapaxes(0, 1).reshape(1, len(tokens), -1) for x in apart)


class EfficientLoFTRRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = EfficientLoFTRSpec(EfficientLoFTRConfig, EfficientLoFTRModel, "interleaved")
