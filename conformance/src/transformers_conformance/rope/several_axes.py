"""Positions on several axes, counted as the paper says, and the parts of a row that they are counted for.

Qwen2-VL (arXiv 2409.12191, section 2.1): text has the same position on all axes; a token of an image or a video has
that of its frame, its row and its column; each part of a row begins one beyond the largest position before it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Text:
    """So many tokens of text."""

    tokens: int


@dataclass(frozen=True)
class Image:
    """So many rows and columns of tokens."""

    height: int
    width: int


@dataclass(frozen=True)
class Video:
    """So many frames, each of so many rows and columns of tokens; `seconds` lie between two frames."""

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
        coordinates: `[axes, tokens]`, from 0 on.
        kind: 0 of text, 1 of an image, 2 of a video, as `mm_token_type_ids` has it.
        token: the id of each token; None of text, where any will do.
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
    """`[axes, tokens]`: each span begins one beyond the largest position so far, on any axis."""
    placed, begin = [], 0
    for span in spans:
        placed.append(span.coordinates + begin)
        begin = int(placed[-1].max()) + 1
    return np.concatenate(placed, axis=1)


Placing = Callable[[list[Span]], np.ndarray]
