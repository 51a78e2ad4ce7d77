"""Rotations by coordinates on several axes (rows and columns of an image, points, times), in float64 NumPy.

Each axis turns its own pairs. `frequencies` has the shape `[axes, pairs]`. An entry is the angle, in radians, by which
one unit of the axis turns the pair. So the angles of coordinates of the shape `[tokens, axes]` are
`coordinates @ frequencies`.
"""

import numpy as np

from .reference import Layout, pair_channels


def powers(count: int, width: float, base: float) -> np.ndarray:
    """The `count` frequencies `base^(-2i / width)` of an axis that has `width` channels (RoFormer, section 3.2.2)."""
    return np.float64(base) ** (-2.0 * np.arange(count) / max(width, 1))


def one_axis(n: int, base: float) -> np.ndarray:
    """Frequencies of positions on a line, `[1, n // 2]`."""
    return powers(n // 2, n, base)[None]


def side_by_side(n: int, base: float) -> np.ndarray:
    """Frequencies of two axes with half of the width each, one after the other, `[2, 2 * (n // 4)]`."""
    own = powers(n // 4, n // 2, base)
    still = np.zeros_like(own)
    return np.array([np.concatenate((own, still)), np.concatenate((still, own))])


def columns_first(n: int, base: float) -> np.ndarray:
    """As `side_by_side`, but the first half of the width belongs to the second axis (columns)."""
    return side_by_side(n, base)[::-1]


def around_the_center(n: int, base: float) -> np.ndarray:
    """Frequencies of two axes from -1 to 1, `[2, 2 * (n // 4)]`: a pair of frequency 1 turns once between 0 and 1.

    See DINOv3, arXiv:2508.10104. The exponents are computed with half of the width, also if it is not a whole number.
    """
    own = 2 * np.pi * powers(n // 4, n / 2, base)
    still = np.zeros_like(own)
    return np.array([np.concatenate((own, still)), np.concatenate((still, own))])


def turned(x: np.ndarray, angles: np.ndarray, layout: Layout) -> np.ndarray:
    """Turns the pairs of heads by angles, and leaves other channels as they are; float64.

    Args:
        x: `[heads, tokens, head_dim]`.
        angles: `[tokens, pairs]`, radians.
    """
    first, second = pair_channels(angles.shape[-1], layout)
    out = np.array(x, dtype=np.float64)
    a, b = out[..., first], out[..., second]
    cos, sin = np.cos(angles), np.sin(angles)
    out[..., first], out[..., second] = a * cos - b * sin, b * cos + a * sin
    return out
