"""A small decoder with rotary positions, right by the contract, made of parts that a slip can replace."""

import torch
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel
from transformers.utils import logging

from transformers_conformance.rope.reference import inverse_frequencies, rotary_ndims


logger = logging.get_logger("transformers.tiny_rope")


class TinyRopeConfig(PretrainedConfig):
    model_type = "tiny_rope"

    def __init__(
        self,
        vocab_size: int = 32,
        hidden_size: int = 16,
        num_hidden_layers: int = 2,
        num_attention_heads: int = 4,
        num_key_value_heads: int = 2,
        head_dim: int = 4,
        max_position_embeddings: int = 512,
        rope_parameters: dict | None = None,
        **kwargs,
    ):
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.num_key_value_heads = num_key_value_heads
        self.head_dim = head_dim
        self.max_position_embeddings = max_position_embeddings
        # Not under its usual name, which some releases validate by rules of their own.
        self.rope = rope_parameters or {"rope_type": "default", "rope_theta": 10000.0}
        super().__init__(**kwargs)

    @property
    def asked(self) -> object:
        return self.rope.get("partial_rotary_factor", 1.0)

    @property
    def rotary_ndims(self) -> int:
        return rotary_ndims(self.head_dim, self.asked)


class TinyRotaryDimConfig(PretrainedConfig):
    """The same, asked for a number of channels, under the names of older models."""

    model_type = "tiny_rotary_dim"
    attribute_map = {"hidden_size": "n_embd", "num_attention_heads": "n_head", "num_hidden_layers": "n_layer"}

    def __init__(
        self,
        vocab_size: int = 32,
        n_embd: int = 16,
        n_layer: int = 2,
        n_head: int = 4,
        n_positions: int = 512,
        rotary_dim: int | None = None,
        **kwargs,
    ):
        self.vocab_size = vocab_size
        self.n_embd = n_embd
        self.n_layer = n_layer
        self.n_head = n_head
        self.n_positions = n_positions
        self.rotary_dim = rotary_dim
        self.head_dim = n_embd // n_head
        self.num_key_value_heads = n_head
        super().__init__(**kwargs)

    @property
    def asked(self) -> int | None:
        return self.rotary_dim

    @property
    def rotary_ndims(self) -> int:
        return self.head_dim if self.rotary_dim is None else self.rotary_dim


class Rotary(nn.Module):
    """Rotates the leading pairs of `[batch, heads, seq, head_dim]`; half-split."""

    def __init__(self, config: TinyRopeConfig):
        super().__init__()
        self.config = config
        inv_freq, self.attention_scaling = self.table()
        self.register_buffer("inv_freq", inv_freq, persistent=False)

    def table(self, position_ids: torch.Tensor | None = None) -> tuple[torch.Tensor, float]:
        frequencies, factor = inverse_frequencies(
            self.config.rotary_ndims,
            self.config.rope["rope_theta"],
            self.config.rope,
            max_position_embeddings=self.config.max_position_embeddings,
            sequence_length=None if position_ids is None else self.length(position_ids),
        )
        return torch.tensor(frequencies, dtype=torch.float32), factor

    def length(self, position_ids: torch.Tensor) -> int:
        return int(position_ids.max()) + 1

    def positions(self, position_ids: torch.Tensor) -> torch.Tensor:
        return position_ids

    def frequencies(self) -> torch.Tensor:
        return self.inv_freq

    def cos_sin(self, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Each `[batch, 1, seq, m]`."""
        angles = self.positions(position_ids)[:, None, :, None].float() * self.frequencies()
        return angles.cos() * self.attention_scaling, angles.sin() * self.attention_scaling

    def pairs(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.chunk(2, dim=-1)

    def join(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.cat((a, b), dim=-1)

    def passing(self, x: torch.Tensor, position_ids: torch.Tensor) -> torch.Tensor:
        return x

    def turn(self, x: torch.Tensor, position_ids: torch.Tensor) -> torch.Tensor:
        cos, sin = self.cos_sin(position_ids)
        width = 2 * cos.shape[-1]
        passing = self.passing(x[..., width:], position_ids)
        if width == 0:
            return passing
        a, b = self.pairs(x[..., :width])
        return torch.cat((self.join(a * cos - b * sin, b * cos + a * sin), passing), dim=-1)

    def forward(self, q: torch.Tensor, k: torch.Tensor, position_ids: torch.Tensor):
        self.inv_freq, self.attention_scaling = self.table(position_ids)
        return self.turn(q, position_ids), self.turn(k, position_ids)


class InterleavedRotary(Rotary):
    def pairs(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x[..., 0::2], x[..., 1::2]

    def join(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.stack((a, b), dim=-1).flatten(-2)


class SinusoidRotary(InterleavedRotary):
    """Looks angles up in a table, sines before cosines, `[positions, 2m]`."""

    def __init__(self, config: TinyRotaryDimConfig):
        nn.Module.__init__(self)
        self.config = config
        frequencies, _ = inverse_frequencies(self.width(), 10000.0)
        angles = torch.arange(config.n_positions)[:, None] * torch.tensor(frequencies)
        self.register_buffer("embed_positions", torch.cat((angles.sin(), angles.cos()), dim=-1).float(), False)

    def width(self) -> int:
        return self.config.rotary_ndims

    def cos_sin(self, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        sincos = self.embed_positions[position_ids][:, None]
        half = sincos.shape[-1] // 2
        return sincos[..., half:], sincos[..., :half]

    def forward(self, q: torch.Tensor, k: torch.Tensor, position_ids: torch.Tensor):
        return self.turn(q, position_ids), self.turn(k, position_ids)


class TinyAttention(nn.Module):
    def __init__(self, config: TinyRopeConfig, rotary: Rotary):
        super().__init__()
        self.heads, self.head_dim = config.num_attention_heads, config.head_dim
        self.groups = config.num_attention_heads // config.num_key_value_heads
        width, kv_width = self.heads * self.head_dim, config.num_key_value_heads * self.head_dim
        self.q_proj = nn.Linear(config.hidden_size, width)
        self.k_proj = nn.Linear(config.hidden_size, kv_width)
        self.v_proj = nn.Linear(config.hidden_size, kv_width)
        self.o_proj = nn.Linear(width, config.hidden_size)
        self.rotary = rotary

    def split(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    def forward(self, x: torch.Tensor, mask: torch.Tensor, position_ids: torch.Tensor) -> torch.Tensor:
        q, k, v = self.split(self.q_proj(x)), self.split(self.k_proj(x)), self.split(self.v_proj(x))
        q, k = self.rotary(q, k, position_ids)
        k, v = (y.repeat_interleave(self.groups, dim=1) for y in (k, self.values(v, position_ids)))
        return self.o_proj(self.attend(q, k, v, mask).transpose(1, 2).flatten(-2))

    def values(self, v: torch.Tensor, position_ids: torch.Tensor) -> torch.Tensor:
        return v

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        scores = q @ k.transpose(-1, -2) * self.head_dim**-0.5
        return scores.masked_fill(~mask, float("-inf")).softmax(-1) @ v


class TinyRopeModel(PreTrainedModel):
    config_class = TinyRopeConfig
    rotary_class = Rotary
    attention_class = TinyAttention

    def __init__(self, config: TinyRopeConfig):
        super().__init__(config)
        self.check_width(config.asked)
        self.embed = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(
            self.attention_class(config, self.rotary_class(config)) for _ in range(config.num_hidden_layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(config.hidden_size) for _ in range(config.num_hidden_layers + 1))
        self.post_init()

    def check_width(self, factor: object) -> None:
        if not isinstance(factor, (int, float)) or not 0 <= factor <= 1:
            raise ValueError(f"`partial_rotary_factor` must be a number from 0 to 1, got {factor!r}")
        if self.config.rotary_ndims == 1:
            self.warn(factor)

    def warn(self, factor: object) -> None:
        logger.warning(
            f"`partial_rotary_factor`={factor} leaves one rotary channel, no pair: positions have no effect"
        )

    def forward(self, input_ids, attention_mask=None, position_ids=None):
        mask = torch.ones(input_ids.shape[1], input_ids.shape[1], dtype=torch.bool).tril()
        x = self.embed(input_ids)
        for layer, norm in zip(self.layers, self.norms, strict=False):
            x = x + layer(norm(x), mask, position_ids)
        return (self.norms[-1](x),)


class InterleavedModel(TinyRopeModel):
    rotary_class = InterleavedRotary


class RotaryDimModel(TinyRopeModel):
    config_class = TinyRotaryDimConfig
    rotary_class = SinusoidRotary

    def check_width(self, rotary_dim: int | None) -> None:
        if rotary_dim is not None and not 0 <= rotary_dim <= self.config.head_dim:
            raise ValueError(f"`rotary_dim` must be None or from 0 to {self.config.head_dim}, got {rotary_dim}")
        if rotary_dim == 1:
            logger.warning("`rotary_dim`=1 leaves one rotary channel, no pair: positions have no effect")
