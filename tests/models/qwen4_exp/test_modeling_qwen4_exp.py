import unittest
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from transformers.models.qwen4_exp.configuration_qwen4_exp import Qwen4ExpConfig
from transformers.models.qwen4_exp.modeling_qwen4_exp import Qwen4ExpForConditionalGeneration

from transformers import Qwen4ExpTextConfig, Qwen4ExpTextModel, Qwen4ExpVisionConfig, Qwen4ExpVisionModel
from transformers_conformance.rope import AxialRotarySpec, Case, SeveralAxesSpec
from transformers_conformance.rope.coordinates import powers
from transformers_conformance.rope.testing import AxialRotaryTestMixin, SeveralAxesTestMixin


class Qwen4ExpTextSpec(AxialRotarySpec):
    """Time, height and width take turns at pairs; time has those that are left. An indexer attends before."""

    def config_values(self, case: Case) -> dict[str, Any]:
        values = super().config_values(case)
        return values | {
            "layer_types": ["indexed_attention"] * values["num_hidden_layers"],
            "indexer_n_heads": 2,
            "indexer_kv_heads": 1,
            "indexer_head_dim": 2 * case.head_dim,  # as wide as any share that is asked for
            "indexer_budget": 64,
            "indexer_compress_ratio": 2,
        }

    def equivalent_configs(self, case: Case) -> Iterator[dict[str, Any]]:
        """Those that have a place for sections."""
        third = case.n // 2 // 3
        sections = {"mrope_section": [case.n // 2 - 2 * third, third, third]}
        for asked in super().equivalent_configs(case):
            nested = {key: value | sections for key, value in asked.items() if isinstance(value, dict)}
            if nested:
                yield asked | nested

    def frequencies_of(self, case: Case) -> np.ndarray:
        pairs = np.arange(case.n // 2)
        axis = np.where(pairs < 3 * (case.n // 2 // 3), pairs % 3, 0)
        return np.eye(3)[:, axis] * powers(case.n // 2, case.n, self.base)

    def table(self, model: torch.nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> tuple:
        return self.rotary(model)(like, torch.from_numpy(coordinates.T)[:, None])

    def attention(self, model: torch.nn.Module) -> torch.nn.Module:
        return model.layers[0].self_attn

    def attend(self, model: torch.nn.Module, tokens: torch.Tensor, table: tuple) -> None:
        self.attention(model)(tokens[None], table, torch.zeros(1, 1, len(tokens), len(tokens)))


class Qwen4ExpTextRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = Qwen4ExpTextSpec(Qwen4ExpTextConfig, Qwen4ExpTextModel, "half-split")


class Qwen4ExpVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Qwen4ExpVisionConfig, Qwen4ExpVisionModel, "half-split")


class Qwen4ExpSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Qwen4ExpConfig,
        Qwen4ExpForConditionalGeneration,
        config_overrides={
            "text_config": {
                "indexer_n_heads": 2,
                "indexer_kv_heads": 1,
                "indexer_head_dim": 16,
                "indexer_budget": 256,
                "indexer_compress_ratio": 4,
            }
        },
        frames_apart=True,
    )
