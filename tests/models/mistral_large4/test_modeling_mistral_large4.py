import unittest
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from transformers import MistralLarge4TextConfig, MistralLarge4TextModel
from transformers_conformance.rope import AxialRotarySpec, Case
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin


PASSING = 4  # channels of a head before those of its rotary slice


class MistralLarge4Spec(AxialRotarySpec):
    """Neighbours turn, and then lie in two halves. Queries are also scaled by their position: here, by 1. A
    learned `alpha` for each frequency has no effect here, as in a new model."""

    def cases_of(self, head_dim: int, n: int, rope_type: str = "default") -> list[Case]:
        return [Case(head_dim + PASSING, n, None)] if n else []

    def equivalent_configs(self, case: Case) -> Iterator[dict[str, Any]]:
        """All but a base alone, beside which this config keeps its own YaRN."""
        return (
            asked for asked in super().equivalent_configs(case) if {"rope_parameters", "rope_scaling"} & set(asked)
        )

    def config_values(self, case: Case) -> dict[str, Any]:
        values = super().config_values(case)
        return values | {
            "qk_rope_head_dim": case.n,
            "qk_nope_head_dim": case.head_dim - case.n,
            "index_head_dim": case.head_dim,
        }

    def build(self, case: Case, asked: Mapping[str, Any] | None = None) -> torch.nn.Module:
        model = super().build(case, asked)
        scaling = self.attention(model).softmax_scaling
        with torch.no_grad():
            scaling.scale.zero_()
            scaling.bias.fill_(1.0)
            model.rotary_emb.alpha.zero_()
        return model

    def attention(self, model: torch.nn.Module) -> torch.nn.Module:
        return model.layers[0].self_attn

    def attend(self, model: torch.nn.Module, tokens: torch.Tensor, table: tuple) -> None:
        positions = torch.arange(len(tokens))[None]
        mask = torch.zeros(1, 1, len(tokens), len(tokens))
        self.attention(model)(tokens[None], table, mask, {}, positions)

    def heads(self, model: torch.nn.Module, case: Case, tokens: torch.Tensor, table: tuple) -> tuple[np.ndarray, ...]:
        found = super().heads(model, case, tokens, table)
        return tuple(np.roll(x, case.n, axis=-1) for x in found)  # the slice is the last of a head


class MistralLarge4RotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = MistralLarge4Spec(MistralLarge4TextConfig, MistralLarge4TextModel, "half-split", one_axis)
