"""One slip each: small wrong implementations, and the checks that must catch them, no more and no less.

`CONTROLS` maps a name to a slip. `by` names the properties that break somewhere on heads of four and five channels.
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
    TinyRopeConfig,
    TinyRopeModel,
)


# What every wrong angle shows.
TURNING = {"rotation", "positions", "scaled"}


@dataclass(frozen=True)
class Control:
    """A wrong model and the names of the checks that catch it."""

    model_class: type
    layout: str
    by: frozenset[str]


CONTROLS: dict[str, Control] = {}


def caught(*names: str | set[str]):
    """Registers a wrong model, or a wrong part of the tiny model, as a control that exactly these checks catch."""
    by = frozenset().union(*({name} if isinstance(name, str) else name for name in names))

    def register(part: type) -> type:
        layout = "half-split"
        model_class = part
        if issubclass(part, SinusoidRotary):
            layout = "interleaved"
            model_class = type(f"{part.__name__}Model", (RotaryDimModel,), {"rotary_class": part})
        elif not issubclass(part, TinyRopeModel):
            place = "rotary_class" if issubclass(part, Rotary) else "attention_class"
            model_class = type(f"{part.__name__}Model", (TinyRopeModel,), {place: part})
        CONTROLS[part.__name__] = Control(model_class, layout, by)
        return part

    return register


def default_table(config: TinyRopeConfig, width: int, denominator: float) -> torch.Tensor:
    return config.rope["rope_theta"] ** (-torch.arange(0, width, 2, dtype=torch.float32) / max(denominator, 1))


def rotate_width(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, width: int) -> torch.Tensor:
    """The usual half-split code on the first `width` channels, whatever the widths of the tables."""
    turned, passing = x[..., :width], x[..., width:]
    half = turned.shape[-1] // 2
    swapped = torch.cat((-turned[..., half:], turned[..., :half]), dim=-1)
    return torch.cat((turned * cos + swapped * sin, passing), dim=-1)


class DefaultTypeOnly(Rotary):
    """A rotary class with one table of its own, whose rope type is ignored."""

    def own_table(self) -> torch.Tensor:
        return default_table(self.config, 2 * (self.config.rotary_ndims // 2), self.config.rotary_ndims)

    def table(self, position_ids=None):
        return self.own_table(), 1.0


# The width.


@caught("forward", "frequencies", "rotation", "passing", "norms", "shift", "positions", "scaled")
class TableCutToN(DefaultTypeOnly):
    """LitGPT's way with odd widths: a table of `ceil(n / 2)` frequencies, doubled and cut to `n` columns."""

    def own_table(self):
        return default_table(self.config, self.config.rotary_ndims, self.config.rotary_ndims)

    def turn(self, x, position_ids):
        n = self.config.rotary_ndims
        cos, sin = (torch.cat((part, part), dim=-1)[..., :n] for part in self.cos_sin(position_ids))
        return rotate_width(x, cos, sin, n)


@caught("forward", "frequencies", "rotation", "passing", "norms", "shift", "heads", "positions", "scaled")
class WidthRoundedUp(TableCutToN):
    """`arange(0, n, 2)`: `ceil(n / 2)` pairs, one channel too many; a head that is odd and full has none left."""

    def turn(self, x, position_ids):
        cos, sin = (torch.cat((part, part), dim=-1) for part in self.cos_sin(position_ids))
        return rotate_width(x, cos, sin, cos.shape[-1])


@caught("forward", "frequencies", "rotation", "passing", "norms", "shift", "heads", "positions", "scaled")
class OneChannelBroadcast(TableCutToN):
    """The slice has `n` channels and the table `n + 1`: broadcast at `n = 1`, a crash above."""

    def turn(self, x, position_ids):
        cos, sin = (torch.cat((part, part), dim=-1) for part in self.cos_sin(position_ids))
        return rotate_width(x, cos, sin, self.config.rotary_ndims)


@caught("forward", "frequencies", "rotation", "passing", "norms", "shift", "positions", "scaled")
class FactorIgnored(DefaultTypeOnly):
    """Rotates the whole head whatever `partial_rotary_factor` says."""

    def own_table(self):
        return default_table(self.config, self.config.head_dim - 1, self.config.head_dim)


@caught("passing")
class PassingPairDrifts(Rotary):
    """The channels after the last pair turn as one more, so slowly that it looks like none."""

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


@caught("forward", "passing", "frequencies", "rotation", "shift", "scaled")
class NoWidthFails(Rotary):
    """Divides by the width before asking whether there is one."""

    def table(self, position_ids=None):
        torch.tensor(1) // self.config.rotary_ndims
        return super().table(position_ids)


@caught("forward", "frequencies", "rotation", "passing", "shift")
class ZeroMeansWholeHead(SinusoidRotary):
    """`rotary_dim or head_dim`, where None was meant."""

    def width(self):
        return self.config.rotary_dim or self.config.head_dim


@caught("forward", "frequencies", "rotation", "passing", "norms", "shift", "positions", "heads")
class WholeHeadSizedByAllHeads(SinusoidRotary):
    """Without `rotary_dim`, a table as wide as all heads together."""

    def width(self):
        return self.config.n_embd if self.config.rotary_dim is None else self.config.rotary_dim


# The frequencies.


@caught("frequencies", "rotation", "positions", "scaled")
class EvenDenominator(DefaultTypeOnly):
    """Divides exponents by `2m`, which is another number than `n` where that is odd."""

    def own_table(self):
        width = 2 * (self.config.rotary_ndims // 2)
        return default_table(self.config, width, width)


@caught("frequencies", TURNING)
class BaseFixed(DefaultTypeOnly):
    """The number of the paper, whatever `rope_theta` says."""

    def own_table(self):
        return super().own_table() ** (math.log(10000.0) / math.log(self.config.rope["rope_theta"]))


@caught("frequencies", TURNING)
class ExponentsOffByOne(DefaultTypeOnly):
    """The paper counts pairs from 1, the code from 0."""

    def own_table(self):
        n = self.config.rotary_ndims
        return default_table(self.config, 2 * (n // 2) + 2, n)[1:]


@caught("frequencies", "scaled")
class SpareFrequency(TableCutToN):
    """Keeps `ceil(n / 2)` frequencies, uses `n // 2` of them."""

    def frequencies(self):
        return self.inv_freq[: self.config.rotary_ndims // 2]

    def turn(self, x, position_ids):
        return Rotary.turn(self, x, position_ids)


@caught("rotation", "norms", "shift", "positions", "scaled")
class CoarseTables(Rotary):
    """cos and sin go through bfloat16."""

    def cos_sin(self, position_ids):
        return tuple(part.bfloat16().float() for part in super().cos_sin(position_ids))


@caught("scaled")
class AttentionFactorForgotten(Rotary):
    def cos_sin(self, position_ids):
        return tuple(part / self.attention_scaling for part in super().cos_sin(position_ids))


@caught("scaled")
class AttentionFactorAlwaysOne(Rotary):
    def table(self, position_ids=None):
        return super().table(position_ids)[0], 1.0


@caught("scaled")
class RopeTypeIgnored(DefaultTypeOnly):
    pass


@caught("scaled")
class LengthCounted(Rotary):
    """Dynamic and LongRoPE scaling choose by the number of tokens, not by the largest position."""

    def length(self, position_ids):
        return position_ids.shape[1]


# The rotation.


@caught(TURNING)
class SignReversed(Rotary):
    def cos_sin(self, position_ids):
        cos, sin = super().cos_sin(position_ids)
        return cos, -sin


@caught(TURNING, "norms")
class LayoutSwapped(InterleavedRotary):
    pass


@caught(TURNING, "norms", "shift")
class CosineForgotten(Rotary):
    """Half-way to an addition: the second member of a pair keeps its own part unscaled."""

    def cos_sin(self, position_ids):
        cos, sin = super().cos_sin(position_ids)
        return torch.ones_like(cos), sin


@caught(TURNING, "heads", "norms", "shift")
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


@caught(TURNING, "forward", "shift", "heads")
class QueriesVanish(Rotary):
    """Equal to any rotation of itself: only the guards against empty proof notice."""

    def forward(self, q, k, position_ids):
        q, k = super().forward(q, k, position_ids)
        return 0 * q, k


@caught("shift")
class ValuesRotated(TinyAttention):
    """Values turn as well, so that the output knows the absolute position."""

    def values(self, v, position_ids):
        return self.rotary.turn(v, position_ids)


# The positions.


@caught(TURNING, "forward", "shift")
class PositionsCounted(Rotary):
    def positions(self, position_ids):
        return torch.arange(position_ids.shape[1])[None]


@caught(TURNING, "shift")
class PositionsCountedFromTheFirst(Rotary):
    """Right where positions are consecutive, as in decoding with a cache."""

    def positions(self, position_ids):
        return position_ids[:, :1] + torch.arange(position_ids.shape[1])


@caught("positions")
class FirstRowForAll(Rotary):
    def positions(self, position_ids):
        return position_ids[:1]


@caught("positions", "shift")
class PositionsSorted(Rotary):
    def positions(self, position_ids):
        return position_ids.sort(dim=-1).values


@caught("shift", "scaled")
class PositionsCapped(Rotary):
    """A table of a hundred and twenty-eight positions; what lies beyond gets the last."""

    def positions(self, position_ids):
        return position_ids.clamp(max=127)


# What is said of the width.


@caught("warning")
class NoWarning(TinyRopeModel):
    def warn(self, factor):
        pass


@caught("warning")
class WarningWithoutValue(TinyRopeModel):
    def warn(self, factor):
        super().warn("the given value")


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


@caught("range")
class RefusedByAssertion(TinyRopeModel):
    def check_width(self, factor):
        try:
            super().check_width(factor)
        except ValueError as error:
            raise AssertionError(str(error)) from None
