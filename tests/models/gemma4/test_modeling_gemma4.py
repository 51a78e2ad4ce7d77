import unittest

import numpy as np
import torch

from transformers import Gemma4TextConfig, Gemma4TextModel, Gemma4VisionConfig, Gemma4VisionModel
from transformers_conformance.rope import AxialRotarySpec, Case
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin


class Gemma4TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Gemma4TextConfig
    model_class = Gemma4TextModel
    layout = "half-split"
    score_scale = 1.0  # q and k are scaled by norms


class Gemma4VisionSpec(AxialRotarySpec):
    """Each axis has channels of its own, in two halves: columns', and then rows'. Attention counts the axes."""

    def table(self, model: torch.nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> tuple:
        return self.rotary(model)(like[None], torch.from_numpy(coordinates).to(torch.int64)[None])

    def attend(self, model: torch.nn.Module, tokens: torch.Tensor, table: tuple) -> None:
        self.attention(model)(tokens[None], table, position_ids=torch.zeros(1, len(tokens), 2))

    def heads(self, model: torch.nn.Module, case: Case, tokens: torch.Tensor, table: tuple) -> tuple[np.ndarray, ...]:
        pairs = case.n // 4  # of an axis
        firsts_then_seconds = np.arange(4 * pairs).reshape(2, 2, pairs).swapaxes(0, 1).ravel()
        order = np.append(firsts_then_seconds, np.arange(4 * pairs, case.head_dim))
        found = super().heads(model, case, tokens, table)
        return tuple(x[..., order] for x in found)


class Gemma4VisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = Gemma4VisionSpec(Gemma4VisionConfig, Gemma4VisionModel, "half-split")
