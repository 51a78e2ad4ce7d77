"""A small right encoder that rotates by rows and columns. Wrong models replace its parts."""

import torch
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel

from transformers_conformance.rope import AxialRotarySpec


class TinyTowerConfig(PretrainedConfig):
    model_type = "tiny_axial"

    def __init__(
        self,
        hidden_size: int = 16,
        num_attention_heads: int = 4,
        rope_parameters: dict | None = None,
        **kwargs,
    ):
        self.hidden_size = hidden_size
        self.num_attention_heads = num_attention_heads
        self.head_dim = hidden_size // num_attention_heads
        # Not under the usual name, because some releases validate it by their own rules.
        flat = {key: kwargs.pop(key) for key in ("rope_theta", "partial_rotary_factor") if key in kwargs}
        self.rope = {"rope_theta": 10000.0} | flat | (kwargs.pop("rope_scaling", None) or rope_parameters or {})
        super().__init__(**kwargs)

    @property
    def asked(self) -> object:
        return self.rope.get("partial_rotary_factor", 1.0)


class AxialTable(nn.Module):
    """Cosines and sines of rows and columns; each axis has half of the width."""

    def __init__(self, config: TinyTowerConfig):
        super().__init__()
        self.config = config
        self.inv_freq = self.frequencies(int(config.head_dim * config.asked) // 2)

    def frequencies(self, width: int) -> torch.Tensor:
        exponents = torch.arange(0, width - width % 2, 2, dtype=torch.float32) / max(width, 1)
        return self.config.rope["rope_theta"] ** -exponents

    def angles(self, position_ids: torch.Tensor) -> torch.Tensor:
        """`[tokens, 2]` to `[tokens, pairs]`."""
        return (position_ids[..., None].float() * self.inv_freq).flatten(1)

    def forward(self, x: torch.Tensor, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        angles = self.angles(position_ids).repeat(1, 2)
        return angles.cos().to(x.dtype), angles.sin().to(x.dtype)


class AxialAttention(nn.Module):
    def __init__(self, config: TinyTowerConfig):
        super().__init__()
        self.head_dim = config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.k_proj = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self, hidden_states: torch.Tensor, position_embeddings: tuple[torch.Tensor, torch.Tensor]
    ) -> torch.Tensor:
        q, k = (
            project(hidden_states).unflatten(-1, (-1, self.head_dim)).transpose(-2, -3)
            for project in (self.q_proj, self.k_proj)
        )
        q, k = self.rotate(q, k, *position_embeddings)
        return q @ k.mT

    def rotate(self, q: torch.Tensor, k: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> tuple:
        return self.turned(q, cos, sin), self.turned(k, cos, sin)

    def turned(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        x, rest = x.tensor_split((cos.shape[-1],), dim=-1)
        a, b = x.chunk(2, dim=-1)
        return torch.cat((x * cos + torch.cat((-b, a), dim=-1) * sin, rest), dim=-1)


class TinyTowerModel(PreTrainedModel):
    config_class = TinyTowerConfig
    table_class = AxialTable
    attention_class = AxialAttention

    def __init__(self, config: TinyTowerConfig):
        super().__init__(config)
        self.read(config.rope)
        self.check_width(config.asked)
        self.table = self.table_class(config)
        self.attention = self.attention_class(config)

    def read(self, rope: dict) -> None:
        """Reads the keys of the config; wrong models override it."""

    def check_width(self, factor: object) -> None:
        if not isinstance(factor, (int, float)) or not 0 <= factor <= 1:
            raise ValueError(f"`partial_rotary_factor` must be a number from 0 to 1, but is {factor!r}")


def axial_of(model_class: type = TinyTowerModel) -> AxialRotarySpec:
    return AxialRotarySpec(TinyTowerConfig, model_class, "half-split")
