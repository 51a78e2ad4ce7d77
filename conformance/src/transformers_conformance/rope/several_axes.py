"""Positions on several axes, computed as in the paper, and the parts of a row (text, images, videos) that have them.

Qwen2-VL (arXiv 2409.12191, section 2.1): text has the same position on all axes. A token of an image or a video has
the positions of its frame, its row and its column. Each part of a row begins one after the largest position before it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Text:
    """Text of some tokens."""

    tokens: int


@dataclass(frozen=True)
class Image:
    """An image of rows (`height`) and columns (`width`) of tokens."""

    height: int
    width: int


@dataclass(frozen=True)
class Video:
    """A video of frames, each of rows (`height`) and columns (`width`) of tokens; `seconds` are between two frames."""

    frames: int
    height: int
    width: int
    seconds: float = 1.0


Part = Text | Image | Video
Row = tuple[Part, ...]


@dataclass(frozen=True)
class Span:
    """Neighbouring tokens of one kind.

    Args:
        coordinates: `[axes, tokens]`, starting at 0.
        kind: 0 for text, 1 for an image, 2 for a video, as in `mm_token_type_ids`.
        token: the id of each token; None for text, whose ids do not matter.
    """

    coordinates: np.ndarray
    kind: int = 0
    token: int | None = None

    @property
    def length(self) -> int:
        return self.coordinates.shape[1]


def text_span(tokens: int, axes: int = 3, token: int | None = None) -> Span:
    return Span(np.array([list(range(tokens))] * axes).reshape(axes, tokens), token=token)


def grid(frames: int, height: int, width: int, interval: float = 1.0) -> np.ndarray:
    """`[3, tokens]`: frame, row and column of each token; frames are `interval` apart, rounded down."""
    cells = [
        (int(np.floor(frame * interval)), row, column)
        for frame in range(frames)
        for row in range(height)
        for column in range(width)
    ]
    return np.array(cells).T


def one_after_another(spans: Iterable[Span]) -> np.ndarray:
    """`[axes, tokens]`: each span begins one after the largest position so far, on any axis."""
    placed, begin = [], 0
    for span in spans:
        placed.append(span.coordinates + begin)
        begin = int(placed[-1].max()) + 1
    return np.concatenate(placed, axis=1)


Placing = Callable[[list[Span]], np.ndarray]
