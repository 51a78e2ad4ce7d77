"""Wrong rotations by rows and columns, with one error each, and the exact set of checks that must catch each one."""

import warnings

import torch
from tiny_axial import AxialAttention, AxialTable, TinyTowerModel
from torch import nn


# The checks that every wrong angle fails.
TURNING = {"coordinate_cast", "coordinate_far", "coordinate_rotation"}
EVERYWHERE = TURNING | {"coordinate_norms", "coordinate_passing", "coordinate_relative"}

CONTROLS: dict[str, tuple[type, set[str]]] = {}


def caught(*names: str):
    """Registers a wrong model, or a wrong part of the tiny model, that exactly these checks must catch."""

    def register(part: type) -> type:
        model_class = part
        if not issubclass(part, TinyTowerModel):
            place = "table_class" if issubclass(part, AxialTable) else "attention_class"
            model_class = type(f"{part.__name__}Model", (TinyTowerModel,), {place: part})
        CONTROLS[part.__name__] = model_class, set(names)
        return part

    return register


@caught(*TURNING)
class AxesSwapped(AxialTable):
    """Columns turn the pairs of rows."""

    def angles(self, position_ids):
        return super().angles(position_ids.flip(-1))


@caught(*TURNING)
class RowsTwice(AxialTable):
    """Scores still depend on distances, but not on the distance of columns."""

    def angles(self, position_ids):
        return super().angles(position_ids[:, :1].expand(-1, 2))


@caught(*TURNING)
class DenominatorOfTheHead(AxialTable):
    """`b^(-2i / n)`, although an axis has only half of `n`."""

    def frequencies(self, width):
        exponents = torch.arange(0, width - width % 2, 2, dtype=torch.float32) / max(2 * width, 1)
        return self.config.rope["rope_theta"] ** -exponents


@caught(*TURNING)
class SectionsTakeTurns(AxialTable):
    """Pairs turn by row, column, row, column: the layout of another model."""

    def angles(self, position_ids):
        return (position_ids[..., None].float() * self.inv_freq).transpose(1, 2).flatten(1)


@caught("coordinate_cast", "coordinate_norms", "coordinate_passing", "coordinate_relative", "coordinate_rotation")
class PairsRoundedUp(AxialTable):
    """`ceil(width / 2)` pairs per axis: four channels too many if an axis has an odd number."""

    def frequencies(self, width):
        return self.config.rope["rope_theta"] ** -(torch.arange(0, width, 2, dtype=torch.float32) / max(width, 1))


@caught("coordinate_passing")
class RestRoundedAgain(AxialAttention):
    """Passing channels are multiplied by nearly 1, except at coordinate 0."""

    def turned(self, x, cos, sin):
        turned, rest = super().turned(x, cos, sin).tensor_split((cos.shape[-1],), dim=-1)
        return torch.cat((turned, rest * (1 + 2**-22 * (sin != 0).any(-1, keepdim=True))), dim=-1)


@caught("coordinate_norms", *TURNING)
class TableScaled(AxialTable):
    """Cosines and sines have a factor that no config asks for; scores still depend only on distances."""

    def forward(self, x, position_ids):
        return tuple(1.1 * part for part in super().forward(x, position_ids))


@caught("coordinate_norms", "coordinate_relative", *TURNING)
class SignLost(AxialAttention):
    """`b cos - a sin` with `a cos - b sin`: not a rotation."""

    def turned(self, x, cos, sin):
        x, rest = x.tensor_split((cos.shape[-1],), dim=-1)
        a, b = x.chunk(2, dim=-1)
        return torch.cat((x * cos - torch.cat((b, a), dim=-1) * sin, rest), dim=-1)


@caught("coordinate_relative", *TURNING)
class KeysStill(AxialAttention):
    """Only queries turn, so scores depend on the coordinates and not only on distances."""

    def rotate(self, q, k, cos, sin):
        return self.turned(q, cos, sin), k


@caught("coordinate_relative", *TURNING)
class CountedInstead(AxialTable):
    """Tokens turn by their count, and not by their coordinates."""

    def angles(self, position_ids):
        return super().angles(torch.arange(len(position_ids))[:, None].expand_as(position_ids))


@caught("coordinate_far")
class GridClamped(AxialTable):
    """The table has only the grid that the checkpoint was trained on."""

    def angles(self, position_ids):
        return super().angles(position_ids.clamp(max=31))


@caught("coordinate_far")
class PositionsInFloat16(AxialTable):
    """float16 is exact only for whole numbers up to 2048."""

    def angles(self, position_ids):
        return super().angles(position_ids.half())


@caught("coordinate_cast")
class TableIsCast(AxialTable):
    def __init__(self, config):
        super().__init__(config)
        kept = self.inv_freq
        del self.inv_freq
        self.register_buffer("inv_freq", kept, persistent=False)


@caught("coordinate_state")
class FrequenciesAreSaved(AxialTable):
    """A copy of them, that a rope type without scaling comes back to."""

    def __init__(self, config):
        super().__init__(config)
        self.register_buffer("original_inv_freq", self.inv_freq.clone())


@caught("coordinate_state")
class CosinesAreSaved(AxialTable):
    """Under a name that says nothing of a rotation."""

    def __init__(self, config):
        super().__init__(config)
        self.register_buffer("grid", (torch.arange(4)[:, None] * self.inv_freq).cos())


@caught("coordinate_cast")
class AnglesInTheTypeOfWeights(AxialTable):
    def __init__(self, config):
        super().__init__(config)
        self.weight = nn.Parameter(torch.ones(1))

    def angles(self, position_ids):
        return super().angles(position_ids).to(self.weight.dtype)


@caught("coordinate_range")
class RangeUnchecked(TinyTowerModel):
    def check_width(self, factor):
        if isinstance(factor, str):
            super().check_width(factor)


@caught("coordinate_range")
class RangeCompared(TinyTowerModel):
    """Comparisons let NaN through."""

    def check_width(self, factor):
        if isinstance(factor, str) or factor < 0 or factor > 1:
            super().check_width(factor)


@caught("coordinate_range")
class RefusalNamesNothing(TinyTowerModel):
    def check_width(self, factor):
        try:
            super().check_width(factor)
        except ValueError:
            raise ValueError("bad rope configuration") from None


@caught("coordinate_keys")
class OlderTypeUnknown(TinyTowerModel):
    def read(self, rope):
        if rope.get("type") == "default":
            raise ValueError("this spec is axial")


@caught("coordinate_keys")
class NoTypeIsNoRotation(TinyTowerModel):
    """Without a rope type, the base is that of another model."""

    def read(self, rope):
        if not {"rope_type", "type"} & set(rope):
            rope["rope_theta"] = 10_000.0


@caught("coordinate_keys")
class BaseIsUnexpected(TinyTowerModel):
    """Warns that the base is an unknown key, and yet uses it."""

    def read(self, rope):
        if rope.get("rope_type") == "default":
            warnings.warn("rope_theta is not expected here", stacklevel=2)
