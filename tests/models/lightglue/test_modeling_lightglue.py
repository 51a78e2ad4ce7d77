import unittest
from typing import Any

import numpy as np
import torch

from transformers import LightGlueConfig, LightGlueForKeypointMatching
from transformers_conformance.core.expected_failure import ExpectedFailure
from transformers_conformance.rope import AxialRotarySpec, Case
from transformers_conformance.rope.axial_spec import built
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class LightGlueSpec(AxialRotarySpec):
    """Points in an image turn pairs by frequencies that are learned."""

    def config_values(self, case: Case) -> dict[str, Any]:
        values = super().config_values(case)
        return values | {"descriptor_dim": case.head_dim * values["num_attention_heads"]}

    def frequencies_of(self, case: Case) -> np.ndarray:
        return self.rotary(built(self, case)).projector.weight.detach().numpy().T.astype(np.float64)

    def table(self, model: torch.nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> tuple:
        learned = self.rotary(model)
        return learned(torch.from_numpy(coordinates)[None].to(learned.projector.weight))[0]

    def rotary(self, model: torch.nn.Module) -> torch.nn.Module:
        return model.positional_encoder


class LightGlueRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = LightGlueSpec(
        LightGlueConfig,
        LightGlueForKeypointMatching,
        "interleaved",
        base=100.0,
    )
    expected_failures = (
        ExpectedFailure(
            reason="frequencies are learned weights, and have the type of all weights",
            properties=("coordinate_cast",),
        ),
    )
