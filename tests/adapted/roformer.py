"""RoFormer in TensorFlow and Flax, judged as in PyTorch: attention gets the model's table, or one without angles."""

import numpy as np
import torch
from torch import nn

from tests.adapted.adapters import Flax, TensorFlow, adapted, ended
from tests.models.roformer.test_modeling_roformer import RoFormerSpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class TensorFlowRoFormer(TensorFlow):
    def table(self, count: int) -> np.ndarray:
        own = self.model.roformer.encoder.embed_positions
        # A new layer makes this table, because the model's own layer now has PyTorch's weights.
        return type(own)(own.num_positions, own.embedding_dim)((1, count)).numpy()

    def attend(self, tokens: np.ndarray, table: np.ndarray) -> None:
        attention = self.model.roformer.encoder.layer[0].attention.self_attention
        with self.scores_by_torch():
            attention(tokens, None, table[None, None], None, False)


class FlaxRoFormer(Flax):
    def table(self, count: int) -> np.ndarray:
        return np.asarray(self._encoder().embed_positions[:count])

    def attend(self, tokens: np.ndarray, table: np.ndarray) -> None:
        with self.scores_by_torch():
            self._encoder().layer.layers[0].attention.self(tokens, None, table, None)

    def _encoder(self):
        return self.model.module.bind({"params": self.model.params}).encoder


class _FirstAttention(nn.Module):
    """The first attention of the model in the other framework."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, hidden_states: torch.Tensor, sinusoidal_pos: torch.Tensor) -> None:
        with ended():
            self.model.elsewhere().attend(hidden_states.numpy(), sinusoidal_pos[0, 0].numpy())


class RoFormerElsewhere(RoFormerSpec):
    """RoFormer with the table and the first attention of another framework."""

    def attention(self, model: nn.Module) -> nn.Module:
        return _FirstAttention(model)

    def table(self, model: nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> torch.Tensor:
        return torch.tensor(model.elsewhere().table(len(like)))[None, None].float()


class RoFormerElsewhereTestMixin(AxialRotaryTestMixin):
    """Judges RoFormer in another framework.

    Mix it into a `unittest.TestCase` and set `framework`, one of the classes above.
    """

    framework: type[TensorFlowRoFormer] | type[FlaxRoFormer] | None = None
    excluded_checks = {"coordinate_cast": "PyTorch cannot cast it", "coordinate_state": "PyTorch does not save it"}

    def __init_subclass__(cls, **kwargs):
        if cls.framework is not None:
            model = adapted(cls.framework, "RoFormerModel")
            cls.spec = RoFormerElsewhere(model.config_class, model, "interleaved", one_axis, base=10000.0)
        super().__init_subclass__(**kwargs)
