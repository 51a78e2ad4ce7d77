import unittest

import numpy as np
import torch

from transformers import Llama4TextConfig, Llama4TextModel, Llama4VisionConfig, Llama4VisionModel
from transformers_conformance.rope import AxialRotarySpec, Case
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin


class Llama4TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Llama4TextConfig
    model_class = Llama4TextModel
    layout = "interleaved"
    normed_after_rotation = True


SIDE = 4  # patches in a column and in a row


class Llama4VisionSpec(AxialRotarySpec):
    """Its table, of complex numbers, is of the image that the config states: patches, and then a token that is none.

    Columns and rows are counted from 1, columns first.
    """

    def coordinates(self, case: Case) -> np.ndarray:
        rows, columns = np.indices((SIDE, SIDE)).reshape(2, -1) + 1.0
        return np.append(np.stack((columns, rows), axis=-1), [[0.0, 0.0]], axis=0)

    def table(self, model: torch.nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> torch.Tensor:
        return model.rotary_embedding(like)

    def still(self, table: torch.Tensor) -> torch.Tensor:
        return torch.ones_like(table)

    def attention(self, model: torch.nn.Module) -> torch.nn.Module:
        return model.model.layers[0].self_attn

    def attend(self, model: torch.nn.Module, tokens: torch.Tensor, table: torch.Tensor) -> None:
        self.attention(model)(tokens[None], table)


class Llama4VisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = Llama4VisionSpec(
        Llama4VisionConfig,
        Llama4VisionModel,
        "interleaved",
        config_overrides={"image_size": 8 * SIDE, "patch_size": 8},
    )
