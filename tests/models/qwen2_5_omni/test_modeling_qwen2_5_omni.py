import inspect
import unittest

import numpy as np
import torch
from transformers.models.qwen2_5_omni.configuration_qwen2_5_omni import Qwen2_5OmniThinkerConfig
from transformers.models.qwen2_5_omni.modeling_qwen2_5_omni import (
    DiTDecoderLayer,
    Qwen2_5OmniDiTConfig,
    Qwen2_5OmniDiTRotaryEmbedding,
    Qwen2_5OmniPreTrainedModel,
    Qwen2_5OmniTextConfig,
    Qwen2_5OmniThinkerForConditionalGeneration,
    Qwen2_5OmniThinkerTextModel,
    Qwen2_5OmniToken2WavDiTModel,
    Qwen2_5OmniVisionEncoder,
    Qwen2_5OmniVisionEncoderConfig,
    apply_rotary_pos_emb_vision,
)

from transformers_conformance.rope import AxialRotarySpec, Case, SeveralAxesSpec
from transformers_conformance.rope.axial_spec import CountingRotarySpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Qwen2_5OmniThinkerTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2_5OmniTextConfig
    model_class = Qwen2_5OmniThinkerTextModel
    layout = "half-split"


class AngleSpec(AxialRotarySpec):
    """In 4.x, attention takes angles, and makes cosines and sines of them itself."""

    def table(self, model: torch.nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> torch.Tensor:
        return self.rotary(model)(int(coordinates.max()) + 1)[torch.from_numpy(coordinates).long()].flatten(1)

    def still(self, table: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(table)


class Qwen2_5OmniVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    takes_angles = "freqs" in inspect.signature(apply_rotary_pos_emb_vision).parameters
    spec = (AngleSpec if takes_angles else AxialRotarySpec)(
        Qwen2_5OmniVisionEncoderConfig, Qwen2_5OmniVisionEncoder, "half-split"
    )


COUNTS = "position_ids" not in inspect.signature(Qwen2_5OmniDiTRotaryEmbedding.forward).parameters  # in 4.x


class FirstDiTLayer(Qwen2_5OmniPreTrainedModel):
    """What rotates in the model of sound, without its encoder of speakers."""

    config_class = Qwen2_5OmniDiTConfig

    def __init__(self, config: Qwen2_5OmniDiTConfig):
        super().__init__(config)
        if COUNTS:  # by what arguments it is made is the model's own
            self.rotary_embed = Qwen2_5OmniToken2WavDiTModel(config).rotary_embed
        else:
            self.rotary_embed = Qwen2_5OmniDiTRotaryEmbedding(config)
        self.layer = DiTDecoderLayer(config)
        self.post_init()


class DiTSpec(CountingRotarySpec if COUNTS else AxialRotarySpec):
    """Neighbours turn, of the first head alone, and then lie in two halves; in 4.x, they stay neighbours."""

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
        return tuple(x[:1, :, slice(None) if COUNTS else order] for x in found)


class Qwen2_5OmniDiTRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = DiTSpec(
        Qwen2_5OmniDiTConfig, FirstDiTLayer, "interleaved", one_axis, config_overrides={"attn_implementation": "sdpa"}
    )


class Qwen2_5OmniThinkerSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Qwen2_5OmniThinkerConfig,
        Qwen2_5OmniThinkerForConditionalGeneration,
        config_overrides={
            "audio_config": {"encoder_attention_heads": 4},
            "position_id_per_seconds": 4,
            "vision_start_token_id": 20,
            "vision_end_token_id": 21,
        },
        tokens_a_second=4,
    )
