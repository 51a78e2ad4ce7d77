import unittest

import numpy as np
import torch
from transformers.models.qwen2_5_omni.configuration_qwen2_5_omni import Qwen2_5OmniDiTConfig
from transformers.models.qwen2_5_omni.modeling_qwen2_5_omni import (
    DiTDecoderLayer,
    Qwen2_5OmniDiTRotaryEmbedding,
    Qwen2_5OmniPreTrainedModel,
    Qwen2_5OmniVisionEncoder,
)

from transformers import Qwen2_5OmniTextConfig, Qwen2_5OmniThinkerTextModel, Qwen2_5OmniVisionEncoderConfig
from transformers_conformance.rope import Case, Tower
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class Qwen2_5OmniThinkerTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2_5OmniTextConfig
    model_class = Qwen2_5OmniThinkerTextModel
    layout = "half-split"


class Qwen2_5OmniVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen2_5OmniVisionEncoderConfig, Qwen2_5OmniVisionEncoder, "half-split")


class FirstDiTLayer(Qwen2_5OmniPreTrainedModel):
    """What rotates in the model of sound, without its encoder of speakers."""

    config_class = Qwen2_5OmniDiTConfig

    def __init__(self, config: Qwen2_5OmniDiTConfig):
        super().__init__(config)
        self.rotary_embed = Qwen2_5OmniDiTRotaryEmbedding(config)
        self.layer = DiTDecoderLayer(config)
        self.post_init()


class DiTTower(Tower):
    """Neighbours turn, of the first head alone, and then lie in two halves."""

    def still(self, table: tuple) -> None:
        """None: heads are as they were projected."""

    def attention(self, model: torch.nn.Module) -> torch.nn.Module:
        return model.layer.attn

    def heads(
        self, model: torch.nn.Module, case: Case, tokens: torch.Tensor, table: tuple | None
    ) -> tuple[np.ndarray, ...]:
        if table is None:
            attention = self.attention(model)
            return tuple(x(tokens)[None, :, : case.head_dim].numpy() for x in (attention.to_q, attention.to_k))
        pairs = case.n // 2
        halves_from_neighbours = np.arange(2 * pairs).reshape(2, pairs).T.ravel()
        order = np.append(halves_from_neighbours, np.arange(2 * pairs, case.head_dim))
        found = super().heads(model, case, tokens, table)
        return tuple(x[:1, :, order] for x in found)


class Qwen2_5OmniDiTRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = DiTTower(Qwen2_5OmniDiTConfig, FirstDiTLayer, "interleaved", one_axis, {"attn_implementation": "sdpa"})
