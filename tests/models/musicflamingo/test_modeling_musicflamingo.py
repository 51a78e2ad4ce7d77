import unittest
from typing import Any

import numpy as np
import torch
from transformers.models.musicflamingo.modeling_musicflamingo import (
    MusicFlamingoPreTrainedModel,
    MusicFlamingoRotaryEmbedding,
    apply_rotary_time_emb,
)

from transformers import MusicFlamingoConfig
from transformers_conformance.rope import AxialRotarySpec, Case
from transformers_conformance.rope.coordinates import powers
from transformers_conformance.rope.testing import AxialRotaryTestMixin


STEPS, SECONDS = 6, 0.25  # of a window of sound, and of one step
LENGTH = 100  # steps of the longest window, which is also the base


class TimeRotation(MusicFlamingoPreTrainedModel):
    """What rotates sound on its way to the projector; no attention does."""

    def __init__(self, config: MusicFlamingoConfig):
        super().__init__(config)
        self.pos_emb = MusicFlamingoRotaryEmbedding(config)
        self.post_init()


class MusicFlamingoSpec(AxialRotarySpec):
    """Two windows of steps. Angles are those of the number of the window, and of the step, each times the time.

    So coordinates are these products, and each axis has `n` channels.
    """

    def cases_of(self, head_dim: int, n: int, rope_type: str = "default") -> list[Case]:
        return [Case(head_dim, n // 2, n // 2 / head_dim)]

    def config_values(self, case: Case) -> dict[str, Any]:
        values = super().config_values(case)
        audio = {"model_type": "audioflamingo3_encoder", "hidden_size": case.head_dim, "num_attention_heads": 1}
        return values | {"audio_config": audio, "audio_frame_step": SECONDS / 4}

    def frequencies_of(self, case: Case) -> np.ndarray:
        return np.kron(np.eye(2), powers(case.n // 2, case.n, self.base))

    def times(self) -> np.ndarray:
        return SECONDS * np.arange(2 * STEPS, dtype=np.float64).reshape(2, STEPS)

    def coordinates(self, case: Case) -> np.ndarray:
        window = np.repeat([0.0, 1.0], STEPS) / LENGTH
        step = np.tile(np.arange(STEPS), 2) / LENGTH * 2 * np.pi
        return -2 * np.pi * self.times().reshape(-1, 1) * np.stack((window, step), axis=-1)

    def table(self, model: torch.nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> tuple:
        made = self.rotary(model)(torch.from_numpy(self.times()).float(), seq_len=STEPS)
        return tuple(x.flatten(0, 1) for x in made)

    def tokens(self, model: torch.nn.Module, count: int, equal: bool = False) -> torch.Tensor:
        made = torch.randn(1 if equal else count, model.config.head_dim, generator=torch.Generator().manual_seed(0))
        return made.expand(count, -1)

    def heads(self, model: torch.nn.Module, case: Case, tokens: torch.Tensor, table: tuple) -> tuple[np.ndarray, ...]:
        rotated = apply_rotary_time_emb(tokens, *table)[None].numpy()
        return rotated, rotated


class MusicFlamingoRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = MusicFlamingoSpec(MusicFlamingoConfig, TimeRotation, "interleaved")
