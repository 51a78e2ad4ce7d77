"""Models with one error each in positions on several axes, and the exact set of checks that must catch each one."""

import torch
from tiny_multimodal import TinyMultimodalModel


# The checks that every wrong position of an image or a video fails.
COUNTED = {"axes_cached", "axes_counted", "axes_generated"}

CONTROLS: dict[str, tuple[type, set[str]]] = {}


def caught(*names: str):
    """Registers a wrong model that exactly these checks must catch."""

    def register(model_class: type) -> type:
        CONTROLS[model_class.__name__] = model_class, set(names)
        return model_class

    return register


@caught(*COUNTED)
class TextAfterFrames(TinyMultimodalModel):
    """Text after a video begins after the last frame, although rows or columns may reach further."""

    def after(self, block, begin):
        return int(block[0].max()) + 1


@caught(*COUNTED)
class TextAfterRowsAndColumns(TinyMultimodalModel):
    """Text after a video begins after its rows and columns, although frames may reach further."""

    def after(self, block, begin):
        return int(block[1:].max()) + 1


@caught(*COUNTED)
class TextAfterAllTokens(TinyMultimodalModel):
    """Text after an image begins as if each token of the image had its own position."""

    def after(self, block, begin):
        return begin + block.shape[1]


@caught(*COUNTED)
class AxesSwapped(TinyMultimodalModel):
    """Rows have the positions of columns, and columns those of rows."""

    def block(self, begin, grid):
        return super().block(begin, grid)[[0, 2, 1]]


@caught(*COUNTED)
class GridsFromZero(TinyMultimodalModel):
    """Rows and columns begin at 0 in each image."""

    def block(self, begin, grid):
        block = super().block(begin, grid)
        block[1:] -= begin
        return block


@caught("axes_between", "axes_generated", "axes_requests")
class DeltasOfTheRequestBefore(TinyMultimodalModel):
    """The deltas of a request are kept until a later request has its own."""

    def begin(self):
        pass


@caught("axes_cached", "axes_generated")
class DeltasOfTheFirstRow(TinyMultimodalModel):
    def count(self, kinds, mask, grids):
        positions = super().count(kinds, mask, grids)
        self.deltas = self.deltas[:1].expand(len(kinds), 1)
        return positions


@caught("axes_cached", "axes_generated")
class DeltasForgotten(TinyMultimodalModel):
    """Steps with a cache count tokens."""

    def count(self, kinds, mask, grids):
        positions = super().count(kinds, mask, grids)
        self.deltas = None
        return positions


@caught("axes_cached", "axes_generated")
class PaddingCountedInSteps(TinyMultimodalModel):
    def steps(self, mask, tokens):
        return super().steps(torch.ones_like(mask) if mask.shape[1] > tokens else mask, tokens)


@caught("axes_cached", "axes_counted", "axes_generated", "axes_rows")
class ColumnsMoved(TinyMultimodalModel):
    """The positions of columns grow by one with each row of the batch."""

    def count(self, kinds, mask, grids):
        positions = super().count(kinds, mask, grids)
        positions[2] += torch.arange(len(kinds))[:, None] * (kinds != 0)
        return positions


@caught("axes_packed")
class PackedRowsSeen(TinyMultimodalModel):
    """A token sees all tokens before it, also those of other packed rows."""

    def rows_apart(self, text):
        return torch.zeros_like(text)


@caught("axes_packed")
class LastRowAlone(TinyMultimodalModel):
    """Two packed rows are separated, and all later rows are taken for one."""

    def rows_apart(self, text):
        return super().rows_apart(text).clamp(max=1)


@caught("axes_cached", "axes_counted", "axes_generated", "axes_rows")
class RowsCountOn(TinyMultimodalModel):
    """The positions of an image's rows grow by one with each row of the batch."""

    seen = 0

    def count(self, kinds, mask, grids):
        self.seen = 0
        return super().count(kinds, mask, grids)

    def counted_row(self, kinds, grids):
        counted = super().counted_row(kinds, grids)
        counted[1] += self.seen * (torch.tensor(kinds) != 0)
        self.seen += 1
        return counted


@caught("axes_between", "axes_requests")
class DeltasAddUp(TinyMultimodalModel):
    """The deltas of a request are added to those of earlier requests."""

    total = 0

    def count(self, kinds, mask, grids):
        positions = super().count(kinds, mask, grids)
        self.deltas = self.deltas + self.total
        self.total = self.total + int(self.deltas.max())
        return positions


@caught("axes_shift")
class PairsBent(TinyMultimodalModel):
    """The two channels of a pair turn by different axes."""

    def turned(self, x, positions):
        turned, others = super().turned(x, positions), super().turned(x, positions.roll(1, dims=0))
        return torch.cat((turned[..., : x.shape[-1] // 2], others[..., x.shape[-1] // 2 :]), dim=-1)


@caught("axes_between")
class DeltasOfTheModel(TinyMultimodalModel):
    """The model keeps the deltas of one request, and the next request uses them."""

    def kept(self, deltas):
        return self.deltas


@caught("axes_between")
class DeltasOfAnImage(TinyMultimodalModel):
    """A request of text continues with the deltas of an image request that came between."""

    def kept(self, deltas):
        return self.deltas if deltas is None else deltas


@caught("axes_shift")
class FramesTurnRowsFaster(TinyMultimodalModel):
    """The frame changes the rotation by rows. Text is right, because its positions are equal on all axes."""

    def turned(self, x, positions):
        frames, rows, columns = positions
        return super().turned(x, torch.stack((frames, rows + (rows - frames) * frames, columns)))
