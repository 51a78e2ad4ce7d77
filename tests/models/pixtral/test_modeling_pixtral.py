import unittest

import numpy as np
import torch
from transformers.models.pixtral import modeling_pixtral

from transformers import PixtralVisionConfig, PixtralVisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.coordinates import powers
from transformers_conformance.rope.testing import AxialRotaryTestMixin


def shared(n: int, base: float) -> np.ndarray:
    """Rows have every other frequency of the whole width, columns those between; rows come first."""
    whole = powers(n // 2, n, base)
    rows, columns = whole[0::2], whole[1::2]
    return np.array([np.append(rows, 0 * columns), np.append(0 * rows, columns)])


class PatchNumberSpec(AxialRotarySpec):
    """In 4.x, the rotary module has a row for each patch of the largest image, and is given numbers of patches."""

    places_freely = False  # there is no table of other numbers

    def table(self, model: torch.nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> tuple:
        side = model.config.image_size // model.config.patch_size
        return self.rotary(model)(like, torch.from_numpy(coordinates @ (side, 1)).long())


class PixtralVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    has_rows = hasattr(modeling_pixtral, "PixtralRotaryEmbedding")
    spec = (PatchNumberSpec if has_rows else AxialRotarySpec)(
        PixtralVisionConfig, PixtralVisionModel, "half-split", shared
    )
