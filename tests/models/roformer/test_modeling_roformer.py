import unittest

import numpy as np
import torch

from transformers import RoFormerConfig, RoFormerModel
from transformers_conformance.rope import Case
from transformers_conformance.rope.axial_spec import CountingRotarySpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class RoFormerSpec(CountingRotarySpec):
    """RoFormer's table has a row for each position, sines before cosines; a sine more, where its width is odd."""

    def build(self, case: Case) -> torch.nn.Module:
        model = super().build(case)
        table = self.rotary(model)
        if hasattr(table, "_init_weight"):  # 4.x
            table._init_weight()
        else:
            table.weight.data.copy_(table.create_weight())
        return model

    def rotary(self, model: torch.nn.Module) -> torch.nn.Module:
        return model.encoder.embed_positions

    def table(self, model: torch.nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> torch.Tensor:
        return self.rotary(model)((1, len(like)))[None, None]

    def still(self, table: torch.Tensor) -> torch.Tensor:
        sines = torch.arange(table.shape[-1]) < (table.shape[-1] + 1) // 2
        return torch.where(sines, 0.0, 1.0).expand_as(table)


class RoFormerRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = RoFormerSpec(RoFormerConfig, RoFormerModel, "interleaved", one_axis, base=10000.0)
