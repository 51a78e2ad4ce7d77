"""Rotations by coordinates on several axes, in float64 NumPy: rows and columns of an image, points, moments.

An axis turns pairs of its own. `frequencies`, `[axes, pairs]` in radians per unit, says how much each axis turns each
pair: the angles of coordinates `[tokens, axes]` are `coordinates @ frequencies`.
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
    """The same of rows and columns, where the second axis, that of columns, has the first half of the width."""
    return side_by_side(n, base)[::-1]


def around_the_center(n: int, base: float) -> np.ndarray:
    """Frequencies of two axes from -1 to 1, `[2, 2 * (n // 4)]`: a pair of frequency 1 turns once on the way to 1.

    DINOv3, arXiv:2508.10104; its exponents are those of half of the width, also where that is no whole number.
    """
    own = 2 * np.pi * powers(n // 4, n / 2, base)
    still = np.zeros_like(own)
    return np.array([np.concatenate((own, still)), np.concatenate((still, own))])


def turned(x: np.ndarray, angles: np.ndarray, layout: Layout) -> np.ndarray:
    """Heads whose pairs are turned by angles, other channels as given; float64.

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
