"""A small right decoder with rotary positions. Wrong models replace its parts."""

import copy

import torch
from torch import nn
from torch.nn.attention.flex_attention import flex_attention
from transformers import Cache, PretrainedConfig, PreTrainedModel, masking_utils
from transformers.modeling_outputs import BaseModelOutputWithPast
from transformers.utils import logging

from transformers_conformance.rope.reference import inverse_frequencies, rotary_ndims


logger = logging.get_logger("transformers.tiny_rope")


REQUIRED = {
    "yarn": ("factor",),
    "longrope": ("short_factor", "long_factor"),
}  # for other types, the reference raises if a key is missing
# The lowest value of a key whose value is a number.
LEAST = {
    "partial_rotary_factor": 0,
    "factor": 1,
    "attention_factor": 0,
    "beta_fast": 0,
    "beta_slow": 0,
    "low_freq_factor": 0,
    "high_freq_factor": 0,
    "original_max_position_embeddings": 1,
}
KNOWN = {
    *LEAST, "rope_type", "rope_theta", "short_factor", "long_factor", "mscale",
    "mscale_all_dim", "truncate",
}  # fmt: skip


class TinyRopeConfig(PretrainedConfig):
    model_type = "tiny_rope"
    default_theta = 10000.0

    def __init__(
        self,
        vocab_size: int = 32,
        hidden_size: int = 16,
        num_hidden_layers: int = 2,
        num_attention_heads: int = 4,
        num_key_value_heads: int = 2,
        head_dim: int | None = 4,
        max_position_embeddings: int = 512,
        rope_parameters: dict | None = None,
        no_rope_layers: list[int] | None = None,
        layer_types: list[str] | None = None,
        **kwargs,
    ):
        self.no_rope_layers = no_rope_layers
        self.layer_types = layer_types
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.num_key_value_heads = num_key_value_heads
        self.head_dim = self.derived_head_dim() if head_dim is None else head_dim
        self.max_position_embeddings = max_position_embeddings
        # Not under the usual name, because some releases validate it by their own rules.
        self.rope = self.standard(rope_parameters, kwargs)
        super().__init__(**kwargs)

    def derived_head_dim(self) -> int:
        return self.hidden_size // self.num_attention_heads

    def standard(self, rope_parameters: dict | None, older: dict) -> dict:
        """One dict from nested and flat keys, with new and older names; removes from `older` the keys that it uses."""
        scaling = older.pop("rope_scaling", None)
        rope = dict(rope_parameters or scaling or {})
        rope.setdefault("rope_type", rope.pop("type", "default"))
        rope.setdefault("rope_theta", older.pop("rope_theta", self.default_theta))
        if "partial_rotary_factor" in older:
            rope.setdefault("partial_rotary_factor", older.pop("partial_rotary_factor"))
        return self.with_length(rope)

    def with_length(self, rope: dict) -> dict:
        if rope["rope_type"] in ("yarn", "longrope", "llama3"):
            rope.setdefault("original_max_position_embeddings", self.max_position_embeddings)
        return rope

    @property
    def asked(self) -> object:
        return self.rope.get("partial_rotary_factor", 1.0)

    @property
    def rotary_ndims(self) -> int:
        return rotary_ndims(self.head_dim, self.asked)


class TinyLayeredConfig(TinyRopeConfig):
    """As `TinyRopeConfig`, also with rotary parameters by layer type."""

    model_type = "tiny_layered"
    sliding_window = 512  # caches need this for a layer of this type
    # Stated again, because newer releases generate an `__init__` for a config class without one.
    __init__ = TinyRopeConfig.__init__

    def standard(self, rope_parameters: dict | None, older: dict) -> dict:
        self.layer_types = self.layer_types or ["full_attention", "sliding_attention"] * (self.num_hidden_layers // 2)
        nested = rope_parameters or {}
        if not set(nested) & set(self.layer_types):
            nested = dict.fromkeys(self.layer_types, rope_parameters or {})
        # Flat keys count for each type that does not state them. None states nothing.
        flat = {kind: dict(older) for kind in nested}
        standard = super().standard
        self.rope_by_type = {kind: standard(nested[kind], flat[kind]) for kind in nested}
        for key in {key for rest in flat.values() for key in older.keys() - rest.keys()}:
            older.pop(key)
        return self.rope_by_type[self.layer_types[0]]


class TinyRotaryDimConfig(PretrainedConfig):
    """As `TinyRopeConfig`, but the width is a number of channels, and keys have the names of older models."""

    model_type = "tiny_rotary_dim"
    no_rope_layers = None
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

    def restore(self) -> None:
        """Fills the tables again, which a model built on the meta device does not have."""
        self.inv_freq = self.table()[0]

    def _apply(self, fn, recurse: bool = True):
        """The tables move with the model, but are not cast with it."""
        table = self.inv_freq
        super()._apply(fn, recurse)
        self.inv_freq = table.to(self.inv_freq.device)
        return self

    @property
    def chosen_by_length(self) -> bool:
        return self.config.rope["rope_type"] in ("dynamic", "longrope")

    def table(self, position_ids: torch.Tensor | None = None) -> tuple[torch.Tensor, float]:
        frequencies, factor = inverse_frequencies(
            self.config.rotary_ndims,
            self.config.rope["rope_theta"],
            self.config.rope,
            max_position_embeddings=self.config.max_position_embeddings,
            sequence_length=None if position_ids is None else self.length(position_ids),
            head_dim=self.config.head_dim,
        )
        return torch.tensor(frequencies, dtype=torch.float32), factor

    def length(self, position_ids: torch.Tensor) -> int:
        return int(position_ids.max()) + 1

    def positions(self, position_ids: torch.Tensor) -> torch.Tensor:
        return position_ids

    def frequencies(self) -> torch.Tensor:
        return self.inv_freq

    def angles(self, position_ids: torch.Tensor, frequencies: torch.Tensor) -> torch.Tensor:
        return position_ids.float() * frequencies.float()

    def cos_sin(self, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Each `[batch, 1, seq, m]`."""
        angles = self.angles(self.positions(position_ids)[:, None, :, None], self.frequencies())
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
        return torch.cat((self.join(*self.turned(a, b, cos, sin)).to(x.dtype), passing), dim=-1)

    def turned(self, a: torch.Tensor, b: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor):
        return a * cos - b * sin, b * cos + a * sin

    def forward(self, q: torch.Tensor, k: torch.Tensor, position_ids: torch.Tensor):
        if self.chosen_by_length:
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
        self.register_buffer("embed_positions", self.sinusoids(), persistent=False)

    def sinusoids(self) -> torch.Tensor:
        frequencies, _ = inverse_frequencies(self.width(), 10000.0)
        angles = torch.arange(self.config.n_positions)[:, None] * torch.tensor(frequencies)
        return torch.cat((angles.sin(), angles.cos()), dim=-1).float()

    def restore(self) -> None:
        self.embed_positions = self.sinusoids()

    def _apply(self, fn, recurse: bool = True):
        table = self.embed_positions
        nn.Module._apply(self, fn, recurse)
        self.embed_positions = table.to(self.embed_positions.device)
        return self

    def width(self) -> int:
        return self.config.rotary_ndims

    def cos_sin(self, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        sincos = self.embed_positions[position_ids][:, None]
        half = sincos.shape[-1] // 2
        return sincos[..., half:], sincos[..., :half]

    def forward(self, q: torch.Tensor, k: torch.Tensor, position_ids: torch.Tensor):
        return self.turn(q, position_ids), self.turn(k, position_ids)


class TinyAttention(nn.Module):
    def __init__(self, config: TinyRopeConfig, rotary: Rotary, layer_idx: int):
        super().__init__()
        self.config = config
        self.layer_idx = layer_idx
        self.heads, self.head_dim = config.num_attention_heads, config.head_dim
        self.groups = config.num_attention_heads // config.num_key_value_heads
        width, kv_width = self.heads * self.head_dim, config.num_key_value_heads * self.head_dim
        self.q_proj = nn.Linear(config.hidden_size, width)
        self.k_proj = nn.Linear(config.hidden_size, kv_width)
        self.v_proj = nn.Linear(config.hidden_size, kv_width)
        self.o_proj = nn.Linear(width, config.hidden_size)
        self.rotary = rotary if config.no_rope_layers is None or config.no_rope_layers[layer_idx] else None

    def split(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor, position_ids: torch.Tensor, cache: Cache | None = None
    ) -> torch.Tensor:
        """`x` is `[batch, seq, width]`, `mask` `[batch, 1, seq, keys]`, true where a token may look."""
        q, k, v = self.split(self.q_proj(x)), self.split(self.k_proj(x)), self.split(self.v_proj(x))
        if self.rotary is not None:
            q, k = self.rotated(q, k, position_ids)
        k, v = self.keep(k, self.values(v, position_ids), cache)
        k, v = (y.repeat_interleave(self.groups, dim=1) for y in (k, v))
        return self.o_proj(self.attend(q, k, v, self.fit(mask, k)).transpose(1, 2).flatten(-2))

    def rotated(self, q: torch.Tensor, k: torch.Tensor, position_ids: torch.Tensor):
        return self.rotary(q, k, position_ids)

    def keep(self, k: torch.Tensor, v: torch.Tensor, cache: Cache | None) -> tuple[torch.Tensor, torch.Tensor]:
        return (k, v) if cache is None else cache.update(k, v, self.layer_idx)

    def fit(self, mask: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
        """Masks the empty slots of a cache of fixed length."""
        return nn.functional.pad(mask, (0, k.shape[-2] - mask.shape[-1]), value=False)

    def values(self, v: torch.Tensor, position_ids: torch.Tensor) -> torch.Tensor:
        return v

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        if self.config._attn_implementation == "sdpa":
            return self.attend_fused(q, k, v, mask)
        if self.config._attn_implementation == "flex_attention":
            return self.attend_flexibly(q, k, v, mask)
        scores = q @ k.transpose(-1, -2) * self.score_scale()
        # A padding token may see no token at all, and must not cause NaN elsewhere.
        return scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1) @ v

    def score_scale(self) -> float:
        return self.head_dim**-0.5

    def attend_fused(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    def attend_flexibly(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        def seen(score, batch, head, query, key):
            return torch.where(mask[batch, 0, query, key], score, torch.finfo(score.dtype).min)

        return flex_attention(q, k, v, score_mod=seen)


class TinyRopeModel(PreTrainedModel):
    config_class = TinyRopeConfig
    rotary_class = Rotary
    attention_class = TinyAttention
    supports_gradient_checkpointing = True
    _can_compile_fullgraph = True
    _supports_sdpa = True
    _supports_flex_attn = True

    def __init__(self, config: TinyRopeConfig):
        super().__init__(config)
        self.check_config()
        self.gradient_checkpointing = False
        self.embed = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(
            self.attention_class(config, self.rotary_of(layer), layer) for layer in range(config.num_hidden_layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(config.hidden_size) for _ in range(config.num_hidden_layers + 1))
        self.post_init()

    def rotary_of(self, layer: int) -> Rotary:
        return self.rotary_class(self.config)

    def _init_weights(self, module: nn.Module):
        super()._init_weights(module)
        if isinstance(module, Rotary):
            module.restore()

    def check_config(self) -> None:
        self.check_width(self.config.asked)
        self.check_scaling()

    def check_width(self, factor: object) -> None:
        if not isinstance(factor, (int, float)) or not 0 <= factor <= 1:
            raise ValueError(f"`partial_rotary_factor` must be a number from 0 to 1, got {factor!r}")
        if self.config.rotary_ndims == 1:
            self.warn(factor)

    def warn(self, factor: object) -> None:
        logger.warning(
            f"`partial_rotary_factor`={factor} leaves one rotary channel, no pair: positions have no effect"
        )

    def check_scaling(self) -> None:
        rope = getattr(self.config, "rope", {})
        for key in REQUIRED.get(rope.get("rope_type"), ()):
            if key not in rope:
                raise ValueError(f"`{key}` is missing in {rope}")
        for key in ("short_factor", "long_factor"):
            self.check_length(key, rope.get(key))
        doubts = self.doubts(rope)
        for key in doubts:
            logger.warning(f"`{key}`={rope[key]!r} is not what {rope['rope_type']!r} expects")
        if doubts:
            self.check_table({key: rope[key] for key in doubts})

    def check_table(self, questionable_values: dict[str, object]) -> None:
        """Refuses values from which no table can be computed."""
        try:
            self.rotary_class(self.config)
        except (TypeError, ValueError):
            problems = (f"`{key}` may not be {value!r}" for key, value in questionable_values.items())
            raise ValueError(", ".join(problems)) from None

    def doubts(self, rope: dict) -> list[str]:
        """The keys whose values the rope type does not expect."""
        found = [key for key in rope if key not in KNOWN]
        for key, least in LEAST.items():
            if key in rope and not (isinstance(rope[key], (int, float)) and rope[key] >= least):
                found.append(key)
        for key in ("short_factor", "long_factor"):
            if key in rope and not (
                isinstance(rope[key], list) and all(isinstance(x, (int, float)) for x in rope[key])
            ):
                found.append(key)
        if not found:
            found += self.contradictions(rope)
        return found

    def contradictions(self, rope: dict) -> list[str]:
        """Keys whose values are valid alone, but contradict each other."""
        original = rope.get("original_max_position_embeddings", 1)
        if rope.get("rope_type") == "yarn":
            wrong = {"beta_fast": rope.get("beta_fast", 32) < rope.get("beta_slow", 1)}
            wrong["beta_slow"] = wrong["beta_fast"]
            wrong["factor"] = self.config.max_position_embeddings / original not in (1, rope["factor"])
        elif rope.get("rope_type") == "llama3":
            wrong = {"high_freq_factor": rope["high_freq_factor"] <= rope["low_freq_factor"]}
            wrong["original_max_position_embeddings"] = (
                isinstance(original, float) or original >= self.config.max_position_embeddings
            )
        else:
            wrong = {}
        return [key for key in rope if wrong.get(key)]

    def check_length(self, key: str, given: list[float] | None) -> None:
        if given is not None and len(given) != self.config.rotary_ndims // 2:
            raise ValueError(f"`{key}` needs {self.config.rotary_ndims // 2} entries, got {given}")

    def mask(self, attention_mask: torch.Tensor | None, seen: int, batch: int, seq: int) -> torch.Tensor:
        """`[batch, 1, seq, seen + seq]`: no look ahead, none at padding."""
        mask = torch.ones(seq, seen + seq, dtype=torch.bool).tril(seen).expand(batch, 1, -1, -1)
        return mask if attention_mask is None else mask & (attention_mask[:, None, None, : seen + seq] == 1)

    def packed(self, position_ids: torch.Tensor) -> torch.Tensor:
        """`[batch, seq, seq]`, true within each packed row; a new row begins where positions begin again."""
        rows = masking_utils.find_packed_sequence_indices(position_ids)
        rows = torch.zeros_like(position_ids) if rows is None else rows
        return rows[:, :, None] == rows[:, None, :]

    def counted(self, seen: int, batch: int, seq: int) -> torch.Tensor:
        return torch.arange(seen, seen + seq)[None]

    def run_layer(self, index: int, x: torch.Tensor, mask: torch.Tensor, position_ids: torch.Tensor, cache):
        if self.gradient_checkpointing and self.training:
            return self._gradient_checkpointing_func(self.layers[index].__call__, x, mask, position_ids)
        return self.layers[index](x, mask, position_ids, cache)

    def forward(self, input_ids, attention_mask=None, position_ids=None, past_key_values=None, use_cache=None):
        seen = 0 if past_key_values is None else past_key_values.get_seq_length()
        batch, seq = input_ids.shape[:2]
        mask = self.mask(attention_mask, int(seen), batch, seq)
        position_ids = self.counted(int(seen), batch, seq) if position_ids is None else position_ids
        if attention_mask is None and past_key_values is None and use_cache is False:
            mask = mask & self.packed(position_ids)[:, None]
        x = self.embed(input_ids)
        for index, norm in enumerate(self.norms[:-1]):
            x = x + self.run_layer(index, norm(x), mask, position_ids, past_key_values)
        return BaseModelOutputWithPast(last_hidden_state=self.norms[-1](x), past_key_values=past_key_values)


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


class TinyLayeredModel(TinyRopeModel):
    config_class = TinyLayeredConfig

    def check_config(self) -> None:
        whole = self.config
        for kind in dict.fromkeys(whole.layer_types):
            self.config = copy.copy(whole)
            self.config.rope = whole.rope_by_type[kind]
            super().check_config()
        self.config = whole

    def rotary_of(self, layer: int) -> Rotary:
        config = copy.copy(self.config)
        config.rope = self.parameters_of(layer)
        return self.rotary_class(config)

    def parameters_of(self, layer: int) -> dict:
        return self.config.rope_by_type[self.config.layer_types[layer]]
