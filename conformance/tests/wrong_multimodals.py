"""One slip each in positions on several axes, and the checks that must catch it, no more and no less."""

import torch
from tiny_multimodal import TinyMultimodalModel


# What every wrong count of an image or a video shows.
COUNTED = {"axes_cached", "axes_counted", "axes_generated"}

CONTROLS: dict[str, tuple[type, set[str]]] = {}


def caught(*names: str):
    """Registers a wrong model as a control that exactly these checks catch."""

    def register(model_class: type) -> type:
        CONTROLS[model_class.__name__] = model_class, set(names)
        return model_class

    return register


@caught(*COUNTED)
class TextAfterFrames(TinyMultimodalModel):
    """Text after a video begins beyond its last frame, however high and wide it is."""

    def after(self, block, begin):
        return int(block[0].max()) + 1


@caught(*COUNTED)
class TextAfterRowsAndColumns(TinyMultimodalModel):
    """However many frames it has."""

    def after(self, block, begin):
        return int(block[1:].max()) + 1


@caught(*COUNTED)
class TextAfterAllTokens(TinyMultimodalModel):
    """As if each token of an image had a position of its own."""

    def after(self, block, begin):
        return begin + block.shape[1]


@caught(*COUNTED)
class AxesSwapped(TinyMultimodalModel):
    """Rows turn as columns do."""

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
    """They are kept until there are others."""

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
    """Columns begin one further out in each row of a batch."""

    def count(self, kinds, mask, grids):
        positions = super().count(kinds, mask, grids)
        positions[2] += torch.arange(len(kinds))[:, None] * (kinds != 0)
        return positions


@caught("axes_packed")
class PackedRowsSeen(TinyMultimodalModel):
    """All tokens before one are seen, whatever row they are of."""

    def rows_apart(self, text):
        return torch.zeros_like(text)


@caught("axes_packed")
class LastRowAlone(TinyMultimodalModel):
    """Two rows are told apart, and all that follow are taken for one."""

    def rows_apart(self, text):
        return super().rows_apart(text).clamp(max=1)


@caught("axes_cached", "axes_counted", "axes_generated", "axes_rows")
class RowsCountOn(TinyMultimodalModel):
    """Rows of an image begin further out, the more rows of the batch stand before."""

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
    """Those of each request are added to those of the requests before."""

    total = 0

    def count(self, kinds, mask, grids):
        positions = super().count(kinds, mask, grids)
        self.deltas = self.deltas + self.total
        self.total = self.total + int(self.deltas.max())
        return positions


@caught("axes_shift")
class PairsBent(TinyMultimodalModel):
    """The two channels of a pair turn by unlike axes."""

    def turned(self, x, positions):
        turned, others = super().turned(x, positions), super().turned(x, positions.roll(1, dims=0))
        return torch.cat((turned[..., : x.shape[-1] // 2], others[..., x.shape[-1] // 2 :]), dim=-1)


@caught("axes_between")
class DeltasOfTheModel(TinyMultimodalModel):
    """The model keeps those of one request, which the next one takes over."""

    def kept(self, deltas):
        return self.deltas


@caught("axes_between")
class DeltasOfAnImage(TinyMultimodalModel):
    """A request of text goes on by those of an image that came between."""

    def kept(self, deltas):
        return self.deltas if deltas is None else deltas


@caught("axes_shift")
class FramesTurnRowsFaster(TinyMultimodalModel):
    """Text, which has the same position on all axes, turns as it should."""

    def turned(self, x, positions):
        frames, rows, columns = positions
        return super().turned(x, torch.stack((frames, rows + (rows - frames) * frames, columns)))
