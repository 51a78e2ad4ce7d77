"""Small wrong implementations with one error each, and the exact set of checks that must catch each of them.

`CONTROLS` has them by name. `by` names the properties that fail in the cases that `test_controls` tries.
"""

import math
from dataclasses import dataclass

import torch

from tiny_rope import (
    InterleavedRotary,
    Rotary,
    RotaryDimModel,
    SinusoidRotary,
    TinyAttention,
    TinyLayeredModel,
    TinyRopeConfig,
    TinyRopeModel,
)
from transformers_conformance.rope.reference import inverse_frequencies


# The checks that every wrong angle fails.
TURNING = {
    "batch_scaling",
    "cast",
    "counted",
    "far",
    "gradients",
    "grouped",
    "layers",
    "layout",
    "positions",
    "precision",
    "loaded_precision",
    "rotation",
    "scaled",
    "scaling_options",
}
# Checks that compare outputs of the whole model. They fail if outputs depend on more than differences of positions.
WHOLE_MODEL = {"decoding", "flex", "packed", "padding", "rows", "sdpa", "static_decoding"}
# Checks that compare the model with itself, on another device or in another mode. They also fail if nothing turns.
ITSELF = {"compiled", "copies", "exported", "meta", "saved_model"}


@dataclass(frozen=True)
class Control:
    """A wrong model and the names of the checks that catch it."""

    model_class: type
    layout: str
    by: frozenset[str]


CONTROLS: dict[str, Control] = {}


def caught(*names: str | set[str]):
    """Registers a wrong model, or a wrong part of the tiny model, that exactly these checks must catch."""
    by = frozenset().union(*({name} if isinstance(name, str) else name for name in names))

    def register(part: type) -> type:
        layout = "half-split"
        model_class = part
        if issubclass(part, SinusoidRotary):
            layout = "interleaved"
            model_class = type(f"{part.__name__}Model", (RotaryDimModel,), {"rotary_class": part})
        elif issubclass(part, TinyRopeConfig):
            model_class = type(f"{part.__name__}Model", (TinyRopeModel,), {"config_class": part})
        elif not issubclass(part, TinyRopeModel):
            place = "rotary_class" if issubclass(part, Rotary) else "attention_class"
            model_class = type(f"{part.__name__}Model", (TinyRopeModel,), {place: part})
        CONTROLS[part.__name__] = Control(model_class, layout, by)
        # The class is made here, but pickle must find it by its name.
        globals().setdefault(model_class.__name__, model_class)
        return part

    return register


def default_table(config: TinyRopeConfig, width: int, denominator: float) -> torch.Tensor:
    return config.rope["rope_theta"] ** (-torch.arange(0, width, 2, dtype=torch.float32) / max(denominator, 1))


def rotate_width(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, width: int) -> torch.Tensor:
    """The usual half-split code on the first `width` channels, for tables of any width."""
    turned, passing = x[..., :width], x[..., width:]
    half = turned.shape[-1] // 2
    swapped = torch.cat((-turned[..., half:], turned[..., :half]), dim=-1)
    return torch.cat((turned * cos + swapped * sin, passing), dim=-1)


class DefaultTypeOnly(Rotary):
    """A rotary class that has one table of its own and ignores the rope type."""

    def own_table(self) -> torch.Tensor:
        return default_table(self.config, 2 * (self.config.rotary_ndims // 2), self.config.rotary_ndims)

    def table(self, position_ids=None):
        return self.own_table(), 1.0


# The width.


@caught(
    TURNING,
    "invalid_values",
    "forward",
    "frequencies",
    "head_sizes",
    "keys",
    "norms",
    "passing",
    "saved_config",
    "shift",
)
class TableCutToN(DefaultTypeOnly):
    """As LitGPT does with odd widths: a table of `ceil(n / 2)` frequencies, doubled and cut to `n` columns."""

    def own_table(self):
        return default_table(self.config, self.config.rotary_ndims, self.config.rotary_ndims)

    def turn(self, x, position_ids):
        n = self.config.rotary_ndims
        cos, sin = (torch.cat((part, part), dim=-1)[..., :n] for part in self.cos_sin(position_ids))
        return rotate_width(x, cos, sin, n)


@caught(
    TURNING,
    "invalid_values",
    "forward",
    "frequencies",
    "head_sizes",
    "heads",
    "keys",
    "norms",
    "passing",
    "saved_config",
    "shift",
)
class WidthRoundedUp(TableCutToN):
    """`arange(0, n, 2)`: `ceil(n / 2)` pairs, one channel too many. A full odd head has no such channel."""

    def turn(self, x, position_ids):
        cos, sin = (torch.cat((part, part), dim=-1) for part in self.cos_sin(position_ids))
        return rotate_width(x, cos, sin, cos.shape[-1])


@caught(
    TURNING,
    WHOLE_MODEL,
    ITSELF,
    "checkpointing",
    "invalid_values",
    "forward",
    "frequencies",
    "gradcheck",
    "growth",
    "head_permutation",
    "head_sizes",
    "heads",
    "history",
    "inputs",
    "keys",
    "norms",
    "passing",
    "saved_config",
    "shift",
)
class OneChannelBroadcast(TableCutToN):
    """The slice has `n` channels and the table `n + 1`: a broadcast if `n = 1`, and a crash if `n` is larger."""

    def turn(self, x, position_ids):
        cos, sin = (torch.cat((part, part), dim=-1) for part in self.cos_sin(position_ids))
        return rotate_width(x, cos, sin, self.config.rotary_ndims)


@caught(
    TURNING,
    "invalid_values",
    "forward",
    "frequencies",
    "head_sizes",
    "keys",
    "norms",
    "passing",
    "saved_config",
    "shift",
)
class FactorIgnored(DefaultTypeOnly):
    """Rotates the whole head for any `partial_rotary_factor`."""

    def own_table(self):
        return default_table(self.config, self.config.head_dim - 1, self.config.head_dim)


@caught("passing")
class PassingPairDrifts(Rotary):
    """The channels after the last pair turn as one more pair, too slowly to see."""

    def passing(self, x, position_ids):
        if x.shape[-1] < 2 or self.config.rotary_ndims < 2:
            return x
        angle = 1e-7 * position_ids[:, None, :]
        a, b = x[..., 0], x[..., 1]
        turned = torch.stack((a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()), dim=-1)
        return torch.cat((turned, x[..., 2:]), dim=-1)


@caught(TURNING, "forward", "passing", "shift")
class PassingChannelsScaled(Rotary):
    """Passing channels grow with the position."""

    def passing(self, x, position_ids):
        return x * (1.0 + 0.01 * position_ids[:, None, :, None])


@caught("forward", "passing", "frequencies", "rotation", "shift", "scaled", "warning")
class NoWidthFails(Rotary):
    """Divides by the width before checking for 0."""

    def table(self, position_ids=None):
        torch.tensor(1) // self.config.rotary_ndims
        return super().table(position_ids)


@caught("forward", "frequencies", "rotation", "passing", "shift")
class ZeroMeansWholeHead(SinusoidRotary):
    """`rotary_dim or head_dim`, which takes 0 for None."""

    def width(self):
        return self.config.rotary_dim or self.config.head_dim


@caught(
    "defaults",
    "forward",
    "frequencies",
    "heads",
    "norms",
    "passing",
    "positions",
    "rotation",
    "shift",
    "softmax_scale",
    "unmasked",
)
class WholeHeadSizedByAllHeads(SinusoidRotary):
    """Without `rotary_dim`, a table as wide as all heads together."""

    def width(self):
        return self.config.n_embd if self.config.rotary_dim is None else self.config.rotary_dim


# The frequencies.


@caught(
    "batch_scaling",
    "cast",
    "counted",
    "far",
    "invalid_values",
    "frequencies",
    "gradients",
    "grouped",
    "head_sizes",
    "keys",
    "layers",
    "layout",
    "loaded_precision",
    "positions",
    "precision",
    "rotation",
    "saved_config",
    "scaled",
    "scaling_options",
)
class EvenDenominator(DefaultTypeOnly):
    """Divides exponents by `2m` instead of `n`, which differ if `n` is odd."""

    def own_table(self):
        width = 2 * (self.config.rotary_ndims // 2)
        return default_table(self.config, width, width)


@caught(TURNING, "invalid_values", "frequencies", "head_sizes", "keys", "saved_config")
class BaseFixed(DefaultTypeOnly):
    """Uses the base of the paper for any `rope_theta`."""

    def own_table(self):
        return super().own_table() ** (math.log(10000.0) / math.log(self.config.rope["rope_theta"]))


@caught(TURNING, "defaults", "invalid_values", "frequencies", "head_sizes", "keys", "saved_config")
class ExponentsOffByOne(DefaultTypeOnly):
    """The paper counts pairs from 1, the code from 0."""

    def own_table(self):
        n = self.config.rotary_ndims
        return default_table(self.config, 2 * (n // 2) + 2, n)[1:]


@caught(
    "batch_scaling", "invalid_values", "frequencies", "head_sizes", "keys", "saved_config", "scaled", "scaling_options"
)
class SpareFrequency(TableCutToN):
    """Keeps `ceil(n / 2)` frequencies, and uses `n // 2` of them."""

    def frequencies(self):
        return self.inv_freq[: self.config.rotary_ndims // 2]

    def turn(self, x, position_ids):
        return Rotary.turn(self, x, position_ids)


@caught(
    "batch_scaling",
    "counted",
    "gradients",
    "grouped",
    "head_sizes",
    "layers",
    "layout",
    "norms",
    "positions",
    "rotation",
    "scaled",
    "scaling_options",
    "shift",
)
class CoarseTables(Rotary):
    """cos and sin are rounded to bfloat16."""

    def cos_sin(self, position_ids):
        return tuple(part.bfloat16().float() for part in super().cos_sin(position_ids))


@caught("batch_scaling", "head_sizes", "scaled", "scaling_options")
class AttentionFactorForgotten(Rotary):
    def cos_sin(self, position_ids):
        return tuple(part / self.attention_scaling for part in super().cos_sin(position_ids))


@caught("batch_scaling", "head_sizes", "scaled", "scaling_options")
class AttentionFactorAlwaysOne(Rotary):
    def table(self, position_ids=None):
        return super().table(position_ids)[0], 1.0


@caught("batch_scaling", "invalid_values", "head_sizes", "keys", "saved_config", "scaled", "scaling_options")
class RopeTypeIgnored(DefaultTypeOnly):
    pass


@caught("batch_scaling", "scaled", "scaling_options")
class LengthCounted(Rotary):
    """Dynamic and LongRoPE scaling choose by the number of tokens, not by the largest position."""

    def length(self, position_ids):
        return position_ids.shape[1]


# The rotation.


@caught(TURNING, "head_sizes")
class SignReversed(Rotary):
    def cos_sin(self, position_ids):
        cos, sin = super().cos_sin(position_ids)
        return cos, -sin


@caught(TURNING, "head_sizes", "norms")
class LayoutSwapped(InterleavedRotary):
    pass


@caught(TURNING, "head_sizes", "norms", "shift")
class CosineForgotten(Rotary):
    """cos is 1: each member of a pair keeps its own part unscaled."""

    def cos_sin(self, position_ids):
        cos, sin = super().cos_sin(position_ids)
        return torch.ones_like(cos), sin


@caught(TURNING, "head_permutation", "head_sizes", "heads", "norms", "shift")
class HeadsMixed(Rotary):
    """Pairs run over the flattened heads: `(i, i + heads * m)` instead of `(i, i + m)` in each."""

    def turn(self, x, position_ids):
        width = 2 * self.inv_freq.shape[-1]
        flat = x[..., :width].transpose(1, 2).flatten(-2)
        cos, sin = (part.repeat_interleave(x.shape[1], dim=1) for part in self.cos_sin(position_ids))
        cos, sin = (part.transpose(1, 2).flatten(-2) for part in (cos, sin))
        a, b = flat.chunk(2, dim=-1)
        turned = torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1).unflatten(-1, (x.shape[1], width))
        return torch.cat((turned.transpose(1, 2), x[..., width:]), dim=-1)


@caught(
    TURNING,
    WHOLE_MODEL,
    ITSELF,
    "defaults",
    "forward",
    "gradcheck",
    "growth",
    "head_permutation",
    "head_sizes",
    "heads",
    "shift",
    "softmax_scale",
    "unmasked",
)
class QueriesVanish(Rotary):
    """Zeros equal any rotation of themselves: only guards that require something to turn see this error."""

    def forward(self, q, k, position_ids):
        q, k = super().forward(q, k, position_ids)
        return 0 * q, k


@caught("shift", "layers")
class ValuesRotated(TinyAttention):
    """Values turn as well, so the output depends on the absolute position."""

    def values(self, v, position_ids):
        return self.rotary.turn(v, position_ids)


# The positions.


@caught(TURNING, WHOLE_MODEL, ITSELF, "defaults", "forward", "head_sizes", "shift", "unmasked")
class PositionsCounted(Rotary):
    def positions(self, position_ids):
        return torch.arange(position_ids.shape[1])[None]


@caught(TURNING, WHOLE_MODEL, "head_sizes", "shift", "unmasked")
class PositionsCountedFromTheFirst(Rotary):
    """Right where positions are consecutive, as in decoding with a cache."""

    def positions(self, position_ids):
        return position_ids[:, :1] + torch.arange(position_ids.shape[1])


@caught("batch_scaling", "positions", "rows", "grouped", "layers", "packed")
class FirstRowForAll(Rotary):
    def positions(self, position_ids):
        return position_ids[:1]


@caught(
    WHOLE_MODEL, "cast", "far", "grouped", "layers", "loaded_precision", "positions", "precision", "shift", "unmasked"
)
class PositionsSorted(Rotary):
    def positions(self, position_ids):
        return position_ids.sort(dim=-1).values


@caught("batch_scaling", "cast", "far", "precision", "loaded_precision", "scaled", "scaling_options", "shift")
class PositionsCapped(Rotary):
    """A table of 128 positions; later positions get the last angle."""

    def positions(self, position_ids):
        return position_ids.clamp(max=127)


@caught("counted")
class CountsFromOne(TinyRopeModel):
    """As in models whose positions begin after a padding index."""

    def counted(self, seen, batch, seq):
        return super().counted(seen, batch, seq) + 1


@caught("counted")
class CountsFromOneWithoutACache(TinyRopeModel):
    """Starts at another position if no cache is used."""

    def forward(self, input_ids, attention_mask=None, position_ids=None, past_key_values=None, use_cache=None):
        if position_ids is None and use_cache is False:
            position_ids = self.counted(1, *input_ids.shape[:2])
        return super().forward(input_ids, attention_mask, position_ids, past_key_values)


@caught("counted", "decoding")
class CountsOverTheBatch(TinyRopeModel):
    """A row continues to count where the row before it ended."""

    def counted(self, seen, batch, seq):
        return seen + torch.arange(batch * seq).view(batch, seq)


# The heads.


@caught(TURNING, "head_permutation", "head_sizes", "shift")
class FirstHeadExact(Rotary):
    """All heads but the first turn a little slower."""

    def turn(self, x, position_ids):
        slower = super().turn(x[:, 1:], position_ids * 0.99)
        return torch.cat((super().turn(x[:, :1], position_ids), slower), dim=1)


@caught(TURNING, "head_permutation", "head_sizes", "shift")
class OneHeadForgotten(Rotary):
    """`range(heads - 1)`: the last head does not turn."""

    def turn(self, x, position_ids):
        return torch.cat((super().turn(x[:, :-1], position_ids), x[:, -1:]), dim=1)


@caught("grouped")
class OneKeyForAllForgotten(TinyAttention):
    """With one key for all heads, its axis of heads has length 1, and the key is not rotated."""

    def rotated(self, q, k, position_ids):
        turned, keys = super().rotated(q, k, position_ids)
        return turned, k if k.shape[1] == 1 else keys


@caught("grouped")
class GroupsFixed(TinyAttention):
    """Two heads per key, for any config."""

    def __init__(self, config, rotary, layer_idx):
        super().__init__(config, rotary, layer_idx)
        self.k_proj = torch.nn.Linear(config.hidden_size, self.heads // 2 * self.head_dim)
        self.v_proj = torch.nn.Linear(config.hidden_size, self.heads // 2 * self.head_dim)
        self.groups = 2


# The layers.


@caught("layers")
class LastLayerForgotten(TinyAttention):
    def rotated(self, q, k, position_ids):
        turned = super().rotated(q, k, position_ids)
        return (q, k) if self.layer_idx == self.config.num_hidden_layers - 1 else turned


@caught("batch_scaling", "decoding", "layers", "scaled", "scaling_options")
class LaterLayersCount(TinyAttention):
    """Only the first layer gets the positions; the other layers count."""

    def rotated(self, q, k, position_ids):
        if self.layer_idx:
            position_ids = position_ids.amin() + torch.arange(q.shape[2])[None]
        return super().rotated(q, k, position_ids)


@caught("layers")
class LayersWithoutRopeRotate(TinyAttention):
    def __init__(self, config, rotary, layer_idx):
        super().__init__(config, rotary, layer_idx)
        self.rotary = rotary


@caught("layers")
class FirstLayerDecides(TinyAttention):
    def __init__(self, config, rotary, layer_idx):
        super().__init__(config, rotary, 0)
        self.layer_idx = layer_idx


@caught("layer_types")
class RopeTypeOfTheFirst(TinyLayeredModel):
    """Layers have bases and widths of their own, but one rope type for all."""

    def parameters_of(self, layer):
        own = super().parameters_of(layer)
        kept = {key: own[key] for key in ("rope_theta", "partial_rotary_factor") if key in own}
        return super().parameters_of(0) | kept


@caught("layer_types")
class TypesSwapped(TinyLayeredModel):
    def parameters_of(self, layer):
        kinds = self.config.layer_types
        return self.config.rope_by_type[kinds[(layer + 1) % len(kinds)]]


@caught("layer_types")
class OneTypeForAll(TinyLayeredModel):
    """Layers have bases of their own, but the width of the first type."""

    def parameters_of(self, layer):
        kept = {"partial_rotary_factor": self.config.rope.get("partial_rotary_factor", 1.0)}
        return super().parameters_of(layer) | kept


# Warnings about the width.


@caught("warning")
class NoWarning(TinyRopeModel):
    def warn(self, factor):
        pass


@caught("warning")
class WarningWithoutValue(TinyRopeModel):
    def warn(self, factor):
        super().warn("the given value")


@caught("warning")
class WarningOfNoChannel(TinyRopeModel):
    """Warns if no channel rotates, although the config asks for 0."""

    def check_width(self, factor):
        super().check_width(factor)
        if self.config.rotary_ndims == 0:
            self.warn(factor)


@caught("warning")
class WarningOfOnePair(TinyRopeModel):
    """Warns if one pair rotates, although one pair is enough."""

    def check_width(self, factor):
        super().check_width(factor)
        if self.config.rotary_ndims // 2 == 1:
            self.warn(factor)


@caught("warning")
class SmallHeadUnseen(TinyRopeModel):
    """Warns only if there is a factor, but a head of one channel needs no factor to have no pair."""

    def warn(self, factor):
        if "partial_rotary_factor" in self.config.rope:
            super().warn(factor)


@caught("range")
class RangeUnchecked(TinyRopeModel):
    def check_width(self, factor):
        if isinstance(factor, float) and 0 <= factor <= 1:
            super().check_width(factor)


@caught("range")
class RangeCompared(TinyRopeModel):
    """Comparisons let NaN through."""

    def check_width(self, factor):
        if isinstance(factor, str) or factor < 0 or factor > 1:
            super().check_width(factor)
        elif factor >= 0:
            super().check_width(factor)


@caught("range")
class RangeClamped(TinyRopeModel):
    def check_width(self, factor):
        self.config.rope["partial_rotary_factor"] = min(max(factor, 0.0), 1.0) if isinstance(factor, float) else 1.0
        super().check_width(self.config.rope["partial_rotary_factor"])


@caught("range")
class RefusalNamesNothing(TinyRopeModel):
    def check_width(self, factor):
        try:
            super().check_width(factor)
        except ValueError:
            raise ValueError("bad rope configuration") from None


class _RefusedInOtherWords(TinyRopeModel):
    def said(self, factor) -> str:
        raise NotImplementedError

    def check_width(self, factor):
        try:
            super().check_width(factor)
        except ValueError:
            raise ValueError(self.said(factor)) from None


@caught("range")
class RefusalWithoutRange(_RefusedInOtherWords):
    def said(self, factor):
        return f"`partial_rotary_factor` may not be {factor!r}"


@caught("range")
class RefusalOfAnotherKey(_RefusedInOtherWords):
    """The name of the other key contains the name of the wrong key."""

    def said(self, factor):
        return f"`partial_rotary_factors` must be numbers from 0 to 1, got {factor!r}"


@caught("range")
class RefusalWithAnotherRange(_RefusedInOtherWords):
    """The numbers of the wrong range begin like those of the right range."""

    def said(self, factor):
        return f"`partial_rotary_factor` must be a number from 0.05 to 1.25, got {factor!r}"


@caught("range")
class RefusedByAssertion(TinyRopeModel):
    def check_width(self, factor):
        try:
            super().check_width(factor)
        except ValueError as error:
            raise AssertionError(str(error)) from None


# The layout.


@caught(TURNING, "head_sizes", "norms")
class LayoutMixed(Rotary):
    """Pairs are split as halves and joined as interleaved."""

    def join(self, a, b):
        return torch.stack((a, b), dim=-1).flatten(-2)


# The cache, the batch, and earlier passes.


@caught("decoding")
class CountsFromZero(TinyRopeModel):
    """Without `position_ids`, every chunk begins at 0."""

    def counted(self, seen, batch, seq):
        return torch.arange(seq)[None]


@caught("decoding")
class KeysRotatedAsTheyStand(TinyAttention):
    """Keys are kept unrotated, and then rotated by their index in the cache."""

    def forward(self, x, mask, position_ids, cache=None):
        if cache is None:
            return super().forward(x, mask, position_ids, cache)
        q, k, v = self.split(self.q_proj(x)), self.split(self.k_proj(x)), self.split(self.v_proj(x))
        k, v = cache.update(k, v, self.layer_idx)
        q, k = self.rotary(q, q, position_ids)[0], self.rotary(k, k, torch.arange(k.shape[2])[None])[1]
        k, v = (y.repeat_interleave(self.groups, dim=1) for y in (k, v))
        return self.o_proj(self.attend(q, k, v, self.fit(mask, k)).transpose(1, 2).flatten(-2))


@caught("decoding", "static_decoding")
class LooksAheadByTheCache(TinyRopeModel):
    """The causal mask of a chunk starts at the first key, not at the first new one."""

    def mask(self, attention_mask, seen, batch, seq):
        mask = super().mask(attention_mask, seen, batch, seq)
        return mask & torch.ones(seq, seen + seq, dtype=torch.bool).tril()


@caught("static_decoding")
class EmptySlotsSeen(TinyAttention):
    def fit(self, mask, k):
        return torch.nn.functional.pad(mask, (0, k.shape[-2] - mask.shape[-1]), value=True)


@caught("padding")
class PaddingSeen(TinyRopeModel):
    def mask(self, attention_mask, seen, batch, seq):
        return super().mask(None, seen, batch, seq)


@caught("padding")
class PaddingOnTheLeftAssumed(TinyRopeModel):
    def mask(self, attention_mask, seen, batch, seq):
        sorted_mask = None if attention_mask is None else attention_mask.sort(dim=-1).values
        return super().mask(sorted_mask, seen, batch, seq)


@caught("rows", "padding", "packed")
class RowsLeak(TinyAttention):
    """Adds a little of the batch's mean to every row, like a norm over the wrong axis."""

    def split(self, x):
        return super().split(x + 0.01 * x.mean(dim=0, keepdim=True))


@caught("packed")
class PackedRowsSeeTheOnesBefore(TinyRopeModel):
    def packed(self, position_ids):
        rows = super().packed(position_ids)
        return rows | torch.ones_like(rows).tril()


@caught("packed")
class PackedAsTheFirst(TinyRopeModel):
    """The first row of a batch decides where packed rows begin in all rows."""

    def packed(self, position_ids):
        return super().packed(position_ids[:1]).expand(len(position_ids), -1, -1)


@caught("history", "growth")
class LongestLengthKept(Rotary):
    """The longest sequence so far decides."""

    longest = 0

    def length(self, position_ids):
        self.longest = max(self.longest, super().length(position_ids))
        return self.longest


@caught("growth", "history")
class GrowsUntilShort(Rotary):
    """A longer table is kept until a batch is shorter than the configured length."""

    longest = 0

    def length(self, position_ids):
        length = super().length(position_ids)
        self.longest = max(self.longest, length) if length >= self.config.max_position_embeddings else 0
        return max(self.longest, length)


@caught("history")
class LongOnceLong(Rotary):
    """LongRoPE's long factors stay after a batch has needed them."""

    longest = 0

    def length(self, position_ids):
        if self.config.rope["rope_type"] == "longrope":
            self.longest = max(self.longest, super().length(position_ids))
        return max(self.longest, super().length(position_ids))


@caught("batch_scaling")
class FirstRowScales(Rotary):
    def length(self, position_ids):
        return int(position_ids[:1].max()) + 1


@caught("batch_scaling")
class MeanRowScales(Rotary):
    def length(self, position_ids):
        return int(position_ids.max(dim=1).values.float().mean()) + 1


@caught("inputs")
class PaddingPositionsWritten(TinyRopeModel):
    def forward(self, input_ids, attention_mask=None, position_ids=None, **kwargs):
        if None not in (position_ids, attention_mask) and position_ids.shape == attention_mask.shape:
            position_ids.masked_fill_(attention_mask == 0, 0)
        return super().forward(input_ids, attention_mask, position_ids, **kwargs)


@caught("inputs")
class PositionsClampedInPlace(TinyRopeModel):
    """Writes into the tensor, but the same values."""

    def forward(self, input_ids, attention_mask=None, position_ids=None, **kwargs):
        if position_ids is not None and attention_mask is not None and not attention_mask.all():
            position_ids.clamp_(min=0)
        return super().forward(input_ids, attention_mask, position_ids, **kwargs)


# Precision.


@caught("far", "precision", "loaded_precision", "cast")
class PositionsInHalf(Rotary):
    """Positions above 65504 are infinite."""

    def angles(self, position_ids, frequencies):
        return position_ids.half().float() * frequencies.float()


@caught("far", "precision", "loaded_precision", "cast")
class TableEndsEarly(Rotary):
    def positions(self, position_ids):
        return position_ids.clamp(max=9999)


@caught("precision", "loaded_precision", "cast")
class AnglesInTheModelsType(Rotary):
    def turn(self, x, position_ids):
        self.narrow = x.dtype
        return super().turn(x, position_ids)

    def angles(self, position_ids, frequencies):
        return (position_ids.to(self.narrow) * frequencies.to(self.narrow)).float()


@caught("precision", "loaded_precision")
class TableInTheDefaultType(Rotary):
    """A table that is made without a dtype, in a model that is built in bfloat16."""

    built = torch.float32

    def __init__(self, config):
        super().__init__(config)
        self.built = torch.get_default_dtype()
        self.restore()

    def table(self, position_ids=None):
        frequencies, factor = super().table(position_ids)
        return frequencies.to(self.built).float(), factor


@caught("cast")
class TableFollowsCast(Rotary):
    def _apply(self, fn, recurse=True):
        return torch.nn.Module._apply(self, fn, recurse)


# Life cycle.


@caught("meta")
class TableWithoutMemoryReplaced(Rotary):
    """A table on the meta device is replaced by memory without the right values."""

    def forward(self, q, k, position_ids):
        if self.inv_freq.is_meta:
            self.inv_freq = torch.zeros_like(self.inv_freq, device=q.device)
        return super().forward(q, k, position_ids)


@caught("meta")
class TableWithoutMemoryByDefault(Rotary):
    """A table on the meta device is computed again with the default base, not with the config's."""

    def forward(self, q, k, position_ids):
        if self.inv_freq.is_meta:
            frequencies, _ = inverse_frequencies(self.config.rotary_ndims, 10000.0)
            self.inv_freq = torch.tensor(frequencies, dtype=q.dtype)
        return super().forward(q, k, position_ids)


@caught("copies")
class NotPickled(Rotary):
    """Holds a lambda."""

    def __init__(self, config):
        super().__init__(config)
        self.scale = lambda x: x


@caught("copies")
class TableByIdentity(Rotary):
    """Looks up its width under `id(self)`, and a copy has another id."""

    widths = {}

    def __init__(self, config):
        super().__init__(config)
        self.widths[id(self)] = config

    def forward(self, q, k, position_ids):
        if self.widths[id(self)] is None:
            raise KeyError(id(self))
        return super().forward(q, k, position_ids)


@caught("state")
class TableSaved(Rotary):
    def __init__(self, config):
        super().__init__(config)
        self._non_persistent_buffers_set.discard("inv_freq")


@caught("state")
class TurnsSaved(Rotary):
    """Saves a table under an unusual name."""

    def __init__(self, config):
        super().__init__(config)
        self.register_buffer("turns", self.inv_freq / 3)


@caught("state")
class SinusoidsSaved(SinusoidRotary):
    def __init__(self, config):
        super().__init__(config)
        self._non_persistent_buffers_set.discard("embed_positions")


# Training.


@caught("checkpointing")
class CheckpointArgumentsSwapped(TinyRopeModel):
    def run_layer(self, index, x, mask, position_ids, cache):
        if self.gradient_checkpointing and self.training:
            return self._gradient_checkpointing_func(self.layers[index].__call__, x, position_ids, mask)
        return super().run_layer(index, x, mask, position_ids, cache)


@caught("checkpointing")
class FirstLayerNotCheckpointed(TinyRopeModel):
    def run_layer(self, index, x, mask, position_ids, cache):
        if index == 0:
            return self.layers[index](x, mask, position_ids, cache)
        return super().run_layer(index, x, mask, position_ids, cache)


@caught("checkpointing")
class CheckpointForgetsPositions(TinyRopeModel):
    def run_layer(self, index, x, mask, position_ids, cache):
        if self.gradient_checkpointing and self.training:
            position_ids = self.counted(0, *x.shape[:2])
        return super().run_layer(index, x, mask, position_ids, cache)


@caught("gradients", "gradcheck")
class HalfDetached(Rotary):
    def turned(self, a, b, cos, sin):
        return a * cos - b.detach() * sin, b * cos + a.detach() * sin


@caught("gradients", "gradcheck")
class KeysDetached(Rotary):
    def forward(self, q, k, position_ids):
        q, k = super().forward(q, k, position_ids)
        return q, k.detach()


class _BackAndForth(torch.autograd.Function):
    """The gradient is turned forward like the values, and not back."""

    @staticmethod
    def forward(ctx, a, b, cos, sin):
        ctx.save_for_backward(cos, sin)
        return a * cos - b * sin, b * cos + a * sin

    @staticmethod
    def backward(ctx, a, b):
        cos, sin = ctx.saved_tensors
        return a * cos - b * sin, b * cos + a * sin, None, None


@caught("gradients", "gradcheck")
class GradientTurnedForward(Rotary):
    def turned(self, a, b, cos, sin):
        return _BackAndForth.apply(a, b, cos, sin)


# Compilers.


@caught("compiled", "exported")
class BranchesOnPositions(Rotary):
    """Skips the rotation if all positions are 0."""

    def turn(self, x, position_ids):
        return super().turn(x, position_ids) if position_ids.any() else x


@caught("compiled", "exported")
class CountsWhileTraced(Rotary):
    """Counts positions under a compiler, instead of reading them."""

    def positions(self, position_ids):
        return torch.arange(position_ids.shape[1])[None] if torch.compiler.is_compiling() else position_ids


@caught("exported")
class TableOfTheExample(Rotary):
    """The exported model keeps the angles of the example."""

    def positions(self, position_ids):
        return torch.arange(position_ids.shape[1])[None] if torch.compiler.is_exporting() else position_ids


# Other implementations of attention.


@caught("sdpa")
class SdpaForgetsTheMask(TinyAttention):
    def attend_fused(self, q, k, v, mask):
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


@caught("sdpa", "unmasked")
class SdpaScaledTwice(TinyAttention):
    def attend_fused(self, q, k, v, mask):
        return super().attend_fused(q * self.head_dim**-0.5, k, v, mask)


@caught("flex")
class FlexForgetsTheMask(TinyAttention):
    def attend_flexibly(self, q, k, v, mask):
        return super().attend_flexibly(q, k, v, torch.ones_like(mask).tril())


@caught("flex")
class FlexTurnsAgain(TinyAttention):
    """The kernel gets keys with their channels in reverse order."""

    def attend_flexibly(self, q, k, v, mask):
        return super().attend_flexibly(q, k.flip(-1), v, mask)


# Passes without an attention mask.


@caught("packed", "unmasked")
class UnmaskedPositionsCounted(TinyRopeModel):
    def forward(self, input_ids, attention_mask=None, position_ids=None, past_key_values=None, use_cache=None):
        if attention_mask is None:
            position_ids = None
        return super().forward(input_ids, attention_mask, position_ids, past_key_values, use_cache)


@caught("unmasked")
class UnmaskedTokensSeeAll(TinyRopeModel):
    def mask(self, attention_mask, seen, batch, seq):
        mask = super().mask(attention_mask, seen, batch, seq)
        return torch.ones_like(mask) if attention_mask is None else mask


@caught("unmasked")
class GapsReadAsRows(TinyRopeModel):
    """As the masks of upstream's releases do in a pass without a cache."""

    def mask(self, attention_mask, seen, batch, seq):
        self.unmasked = attention_mask is None
        return super().mask(attention_mask, seen, batch, seq)

    def run_layer(self, index, x, mask, position_ids, cache):
        if self.unmasked and cache is None:
            rows = (position_ids.diff(prepend=position_ids[:, :1] - 1) != 1).cumsum(-1)
            mask = mask & (rows[:, None, :, None] == rows[:, None, None, :])
        return super().run_layer(index, x, mask, position_ids, cache)


# The factor of the products of q and k.


@caught("flex", "sdpa", "softmax_scale", "unmasked")
class ScoresByTheHiddenSize(TinyAttention):
    def score_scale(self):
        return self.config.hidden_size**-0.5


@caught("softmax_scale")
class ScoresByMscale(TinyAttention):
    """As in DeepSeek, whose rotated channels have their own projection."""

    def score_scale(self):
        return super().score_scale() * (1 + self.config.rope.get("mscale_all_dim", 0)) ** 2


# Widths of heads.


@caught("head_sizes")
class TableByTheHiddenSize(Rotary):
    """Computes the width of a head from the hidden size, although the config states another one."""

    def table(self, position_ids=None):
        frequencies, factor = super().table(position_ids)
        return frequencies / (self.config.hidden_size / self.config.num_attention_heads / self.config.head_dim), factor


# The keys of a config.


class ScalingWithout(Rotary):
    """Ignores some keys of a rope type."""

    ignored: tuple[str, ...] = ()

    def table(self, position_ids=None):
        read = {key: value for key, value in self.config.rope.items() if key not in self.ignored}
        frequencies, factor = inverse_frequencies(
            self.config.rotary_ndims,
            read["rope_theta"],
            read,
            max_position_embeddings=self.config.max_position_embeddings,
            sequence_length=None if position_ids is None else self.length(position_ids),
            head_dim=self.config.head_dim,
        )
        return torch.tensor(frequencies, dtype=torch.float32), factor


@caught("scaling_options")
class MscaleIgnored(ScalingWithout):
    ignored = ("mscale", "mscale_all_dim")


@caught("scaling_options")
class TruncateIgnored(ScalingWithout):
    ignored = ("truncate",)


@caught("scaling_options")
class AttentionFactorIgnored(ScalingWithout):
    ignored = ("attention_factor",)


class WrongConfig(TinyRopeConfig):
    # Stated again, because newer releases generate an `__init__` for a config class without one.
    __init__ = TinyRopeConfig.__init__

    def __init_subclass__(cls, **kwargs):
        cls.__init__ = TinyRopeConfig.__init__
        super().__init_subclass__(**kwargs)


@caught("keys")
class FlatKeysIgnored(WrongConfig):
    def standard(self, rope_parameters, older):
        for key in ("partial_rotary_factor", "rope_theta"):
            older.pop(key, None)
        return super().standard(rope_parameters, older)


@caught("keys")
class LeftOutLengthIsFixed(WrongConfig):
    """Uses the length of one checkpoint for every config that states no original length."""

    def with_length(self, rope):
        return super().with_length({"original_max_position_embeddings": 128} | rope)


@caught("keys")
class OlderTypeKeyIgnored(WrongConfig):
    """`rope_scaling` counts only with the newer key `rope_type`."""

    def standard(self, rope_parameters, older):
        rope = super().standard(rope_parameters, older)
        given = rope_parameters or {}
        return rope | {"rope_type": given.get("rope_type", "default")}


@caught("head_sizes")
class UnstatedHeadHalved(WrongConfig):
    def derived_head_dim(self):
        return super().derived_head_dim() // 2


@caught("config_arguments")
class DictFilledIn(WrongConfig):
    """Writes into the dict that it was given."""

    def standard(self, rope_parameters, older):
        rope = super().standard(rope_parameters, older)
        if rope_parameters is not None:
            rope_parameters.update(rope)
        return rope


@caught("config_arguments")
class DictEmptied(WrongConfig):
    def standard(self, rope_parameters, older):
        rope = super().standard(rope_parameters, older)
        if rope_parameters is not None:
            rope_parameters.pop("rope_theta", None)
        return rope


@caught("loaded_precision", "saved_config", "saved_model", "meta")
class FactorNotSaved(WrongConfig):
    def to_dict(self):
        saved = super().to_dict()
        saved["rope"] = {key: value for key, value in saved["rope"].items() if key != "partial_rotary_factor"}
        return saved


@caught("loaded_precision", "saved_config", "saved_model", "meta")
class BaseDrifts(WrongConfig):
    """The base grows a little with every save."""

    def to_dict(self):
        saved = super().to_dict()
        saved["rope"] = saved["rope"] | {"rope_theta": saved["rope"]["rope_theta"] * 1.001}
        return saved


@caught("defaults")
class NoDefaultBase(WrongConfig):
    """A config without rotary keywords states a base that the table does not use."""

    def standard(self, rope_parameters, older):
        if rope_parameters is None and not {"rope", "rope_scaling", "rope_theta"} & set(older):
            return super().standard({"rope_theta": None}, older)
        return super().standard(rope_parameters, older)


@caught("defaults")
class DefaultBaseOffByOne(WrongConfig):
    def standard(self, rope_parameters, older):
        older.setdefault("rope_theta", self.default_theta + 1)
        return super().standard(rope_parameters, older)


@caught("defaults")
class DefaultsToNothing(WrongConfig):
    def standard(self, rope_parameters, older):
        if rope_parameters is None and not {"rope", "rope_scaling", "rope_theta"} & set(older):
            return super().standard({"partial_rotary_factor": 0.0}, older)
        return super().standard(rope_parameters, older)


@caught("invalid_values")
class UnknownTypeTakenAsDefault(Rotary):
    def table(self, position_ids=None):
        if self.config.rope["rope_type"] == "nonsense":
            self.config.rope["rope_type"] = "default"
        return super().table(position_ids)


@caught("invalid_values")
class ListsUnchecked(TinyRopeModel):
    def check_length(self, key, given):
        pass


@caught("invalid_values")
class LongListUnchecked(TinyRopeModel):
    """Until a long pass computes with it."""

    def check_length(self, key, given):
        if key == "short_factor":
            TinyRopeModel.check_length(self, key, given)


@caught("questionable_values", "invalid_values")
class MissingKeysUnchecked(TinyRopeModel):
    def check_scaling(self):
        pass


@caught("questionable_values")
class DoubtsUnspoken(TinyRopeModel):
    def doubts(self, rope):
        return []


@caught("quiet")
class DoubtsOfTheEdge(TinyRopeModel):
    """Warns of a factor of 1, which is valid and scales nothing."""

    def doubts(self, rope):
        return super().doubts(rope) or ["factor"] * (rope.get("factor") == 1)


@caught("quiet")
class UnstatedLengthDoubted(TinyRopeModel):
    """Warns of a factor if no original length is stated, although the two do not contradict."""

    def contradictions(self, rope):
        unstated = rope.get("original_max_position_embeddings") == self.config.max_position_embeddings
        return super().contradictions(rope) or ["factor"] * (unstated and rope.get("factor") != 1)


@caught("questionable_values")
class CrashAfterWarning(TinyRopeModel):
    """Warns of a value, and then crashes on it."""

    def check_table(self, questionable_values):
        pass


@caught("questionable_values")
class ContradictionsUnseen(TinyRopeModel):
    def contradictions(self, rope):
        return []
