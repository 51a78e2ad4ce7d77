"""Rotary position embeddings in float64 NumPy, written from the papers.

This module does not use PyTorch or Transformers, so it cannot share an error with the models that it judges.

Symbols: head width `D`, rotary width `n` (`rotary_ndims`), `m = n // 2` pairs, base `b`, position `p`.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np


Layout = Literal["half-split", "interleaved", "half-split-reversed"]


def rotary_ndims(head_dim: int, partial_rotary_factor: float) -> int:
    """The number of channels at the start of a head that a factor asks for: `n = int(D * factor)` (R1)."""
    return int(head_dim * partial_rotary_factor)


def inverse_frequencies(
    n: int,
    base: float,
    scaling: Mapping[str, Any] | None = None,
    *,
    max_position_embeddings: int | None = None,
    sequence_length: int | None = None,
    head_dim: int | None = None,
) -> tuple[np.ndarray, float]:
    """Inverse frequencies in radians per position, and the factor on cos and sin (R2).

    RoFormer, arXiv:2104.09864, section 3.2.2: `theta_i = b^(-2i/n)`. The denominator stays `n` for odd `n`; the number
    of entries is `n // 2`, since only whole pairs rotate.

    Args:
        n: rotary width, in channels.
        base: `b`, also called `rope_theta`.
        scaling: a `rope_parameters` dict: `rope_type` and the parameters of this type. None is "default".
        max_position_embeddings: positions that the model is configured for ("dynamic"; a fallback for `factor` in
            "yarn" and "longrope").
        sequence_length: largest position of the batch plus one ("dynamic", "longrope").
        head_dim: `D` ("proportional" only).

    Returns:
        Frequencies, float64 of shape `[n // 2]` (`[D // 2]` for "proportional"), and the attention factor.

    Raises:
        ValueError: the rope type is unknown.
    """
    scaling = {"rope_type": "default"} if scaling is None else scaling
    rope_type = scaling["rope_type"]
    plain = _powers(n, base)
    if rope_type == "default":
        return plain, 1.0
    if rope_type == "linear":
        return plain / scaling["factor"], 1.0
    if rope_type == "dynamic":
        return _powers(n, _ntk_base(n, base, scaling["factor"], max_position_embeddings, sequence_length)), 1.0
    if rope_type == "yarn":
        return _yarn(n, base, plain, scaling, max_position_embeddings)
    if rope_type == "longrope":
        return _longrope(plain, scaling, max_position_embeddings, sequence_length)
    if rope_type == "llama3":
        return _llama3(plain, scaling), 1.0
    if rope_type == "proportional":
        return _proportional(n, base, head_dim, scaling.get("factor", 1.0)), 1.0
    raise ValueError(f"unknown rope_type {rope_type!r}")


def rotate(
    x: np.ndarray,
    position_ids: np.ndarray,
    inv_freq: np.ndarray,
    layout: Layout,
    attention_factor: float = 1.0,
) -> np.ndarray:
    """Rotates the first `2m` channels of every head by `position * inv_freq` (R1, R3).

    RoFormer, arXiv:2104.09864, eq. 34, for each pair `(a, b)`: `a' = a cos - b sin`, `b' = b cos + a sin`.

    Args:
        x: queries or keys, `[batch, heads, seq, head_dim]`.
        position_ids: `[batch, seq]` or `[1, seq]`.
        inv_freq: `[m]`, radians per position.
        layout: pairs `(i, i + m)` for "half-split", `(2i, 2i + 1)` for "interleaved", `(i + m, i)` for
            "half-split-reversed", which turns in the other direction.
        attention_factor: multiplies cos and sin, hence the rotated channels.

    Returns:
        float64, the shape of `x`; channels from `2m` on as given.

    Raises:
        ValueError: the layout is unknown, or the head has fewer than `2m` channels.
    """
    m = len(inv_freq)
    if 2 * m > x.shape[-1]:
        raise ValueError(f"{m} frequencies need {2 * m} channels, the head has {x.shape[-1]}")
    first, second = pair_channels(m, layout)
    angles = np.asarray(position_ids, dtype=np.float64)[:, None, :, None] * inv_freq
    cos, sin = attention_factor * np.cos(angles), attention_factor * np.sin(angles)
    out = np.array(x, dtype=np.float64)
    a, b = out[..., first], out[..., second]
    out[..., first], out[..., second] = a * cos - b * sin, b * cos + a * sin
    return out


def pair_channels(m: int, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Channels of the first and of the second member of each of `m` pairs, two arrays of shape `[m]` (R3).

    Raises:
        ValueError: the layout is unknown.
    """
    if layout == "half-split":
        return np.arange(m), np.arange(m) + m
    if layout == "interleaved":
        return 2 * np.arange(m), 2 * np.arange(m) + 1
    if layout == "half-split-reversed":
        return np.arange(m) + m, np.arange(m)
    raise ValueError(f"layout must be one of {', '.join(map(repr, get_args(Layout)))}, got {layout!r}")


def _powers(n: int, base: float) -> np.ndarray:
    i = np.arange(n // 2, dtype=np.float64)
    return np.float64(base) ** (-2.0 * i / max(n, 1))


def _ntk_base(n: int, base: float, factor: float, max_positions: int, sequence_length: int | None) -> float:
    """Dynamic NTK-aware scaling (YaRN, arXiv:2309.00071, "Dynamic NTK"): a base that grows with the length.

    If `n <= 2`, the only frequency is `b^0 = 1` for any base, so the exponent `n / (n - 2)` is not needed.
    """
    if n <= 2:
        return base
    length = max(sequence_length or 0, max_positions)
    return base * (factor * length / max_positions - (factor - 1)) ** (n / (n - 2))


def _yarn(
    n: int, base: float, plain: np.ndarray, scaling: Mapping[str, Any], max_positions: int | None
) -> tuple[np.ndarray, float]:
    """YaRN, arXiv:2309.00071, "NTK-by-parts" for the ramp and the temperature `0.1 ln(s) + 1`."""
    original = scaling["original_max_position_embeddings"]
    factor = scaling.get("factor") or max_positions / original

    def dimension(rotations: float) -> float:
        # The index of the pair whose wavelength fits `rotations` times in the original context, as a real number.
        return n * math.log(original / (2 * math.pi * rotations)) / (2 * math.log(base))

    low, high = dimension(scaling.get("beta_fast") or 32), dimension(scaling.get("beta_slow") or 1)
    if scaling.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, n - 1)
    width = high - low if high != low else 0.001
    interpolated = np.clip((np.arange(len(plain)) - low) / width, 0.0, 1.0)
    frequencies = plain / factor * interpolated + plain * (1.0 - interpolated)

    def temperature(mscale: float) -> float:
        return 1.0 if factor <= 1 else 0.1 * mscale * math.log(factor) + 1.0

    attention_factor = scaling.get("attention_factor")
    if attention_factor is None:
        mscale, mscale_all_dim = scaling.get("mscale"), scaling.get("mscale_all_dim")
        if mscale and mscale_all_dim:
            attention_factor = temperature(mscale) / temperature(mscale_all_dim)
        else:
            attention_factor = temperature(1.0)
    return frequencies, float(attention_factor)


def _longrope(
    plain: np.ndarray, scaling: Mapping[str, Any], max_positions: int | None, sequence_length: int | None
) -> tuple[np.ndarray, float]:
    """LongRoPE, arXiv:2402.13753: one rescale factor per pair, chosen by the length of the batch."""
    original = scaling["original_max_position_embeddings"]
    factor = scaling.get("factor") or max_positions / original
    rescale = scaling["long_factor" if (sequence_length or 0) > original else "short_factor"]
    attention_factor = scaling.get("attention_factor")
    if attention_factor is None:
        attention_factor = 1.0 if factor <= 1 else math.sqrt(1 + math.log(factor) / math.log(original))
    return plain / np.asarray(rescale, dtype=np.float64), float(attention_factor)


def _llama3(plain: np.ndarray, scaling: Mapping[str, Any]) -> np.ndarray:
    """Llama 3.1 (arXiv:2407.21783 and the code published with it): `factor` slows down pairs of long wavelengths."""
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    rotations = scaling["original_max_position_embeddings"] * plain / (2 * math.pi)
    kept = np.clip((rotations - low) / (high - low), 0.0, 1.0)
    return plain * kept + plain / scaling["factor"] * (1.0 - kept)


def _proportional(n: int, base: float, head_dim: int, factor: float) -> np.ndarray:
    """Frequencies that are spaced over the whole head, with zeros for the pairs that do not rotate."""
    frequencies = np.zeros(head_dim // 2)
    frequencies[: n // 2] = np.float64(base) ** (-2.0 * np.arange(n // 2) / head_dim)
    return frequencies / factor
