import unittest
from typing import Any

import numpy as np
import torch
from transformers.models.esmfold2.configuration_esmfold2 import EsmFold2AtomEncoderConfig
from transformers.models.esmfold2.modeling_esmfold2 import (
    EsmFold2AtomAttention,
    EsmFold2PreTrainedModel,
    EsmFold2RotaryEmbedding,
)

from transformers_conformance.rope import AxialRotarySpec, Case
from transformers_conformance.rope.coordinates import powers
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class AtomLayer(EsmFold2PreTrainedModel):
    """What rotates atoms; the encoder around it takes the config of the whole model, too."""

    config_class = EsmFold2AtomEncoderConfig

    def __init__(self, config: EsmFold2AtomEncoderConfig):
        super().__init__(config)
        self.rotary_emb = EsmFold2RotaryEmbedding(config)
        self.attention = EsmFold2AtomAttention(config, config)


class AtomSpec(AxialRotarySpec):
    """Three axes of space and the number of a residue, whose pairs a config counts; those left stand still."""

    def pairs(self, case: Case) -> tuple[int, int]:
        """Of each axis of space, and of the number."""
        spatial = case.n // 8
        return spatial, case.n // 2 - 3 * spatial

    def cases_of(self, head_dim: int, n: int, rope_type: str = "default") -> list[Case]:
        return [Case(head_dim, n, None)] if n else []

    def config_values(self, case: Case) -> dict[str, Any]:
        spatial, uid = self.pairs(case)
        own = {"num_spatial_rope_pairs_per_axis": spatial, "spatial_rope_base_frequency": self.base}
        return super().config_values(case) | own | {"num_uid_rope_pairs": uid, "uid_rope_base_frequency": self.base}

    def frequencies_of(self, case: Case) -> np.ndarray:
        spatial, uid = self.pairs(case)
        whole = np.zeros((4, case.head_dim // 2))
        for axis, count in enumerate((spatial, spatial, spatial, uid)):
            whole[axis, axis * spatial : axis * spatial + count] = powers(count, 2 * count, self.base)
        return whole

    def table(self, model: torch.nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> tuple:
        placed = torch.from_numpy(coordinates).float()[None]
        return self.rotary(model)(placed[..., :3], placed[..., 3].long(), like.dtype)

    def rotary(self, model: torch.nn.Module) -> torch.nn.Module:
        return model.rotary_emb


class EsmFold2AtomRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AtomSpec(EsmFold2AtomEncoderConfig, AtomLayer, "half-split", base=100.0)
