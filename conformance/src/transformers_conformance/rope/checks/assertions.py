"""Comparisons with the reference that several checks make, and their tolerances."""

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import torch

from .. import positions
from ..capture import Attention
from ..description import Case, Description
from ..frequencies import kept_frequencies
from ..probe import Probe, probe
from ..reference import inverse_frequencies, rotate
from ..refusal import refuses
from ..sizes import NUM_HEADS
from ..verdict import Verdict
from .registry import U


def require_tables(
    verdict: Verdict,
    model: torch.nn.Module,
    expected: np.ndarray,
    base: float,
    among: Collection[torch.nn.Module] | None = None,
) -> None:
    """Every table, or every one of these modules, has the expected entries."""
    for name, table in kept_frequencies(model, among).items():
        verdict.require(table.shape == expected.shape, f"entries of {name}", expected.shape, table.shape)
        # By the ratio: the slowest frequencies are small, and as exact as the others. Zeros are exact.
        some = expected != 0
        verdict.require_close(f"{name}, where pairs stand still", table[~some], expected[~some], 0.0)
        verdict.require_close(
            f"{name}, by its ratio to the reference",
            table[some] / expected[some],
            np.ones_like(expected[some]),
            8 * U * (2 + math.log(base)),
        )


def require_rotation(
    description: Description, case: Case, verdict: Verdict, pattern: str, position_ids: torch.Tensor
) -> None:
    """q and k at `position_ids` are the reference's rotation of those at all positions 0."""
    probed = probe(description, case)
    still, turned = probed.attention(positions.zeros()), probed.attention(position_ids)
    inv_freq, factor = inverse_frequencies(case.n, description.width.base)
    require_turned(description, case, verdict, pattern, still, turned, position_ids, inv_freq, factor)


def require_turned(
    description: Description,
    case: Case,
    verdict: Verdict,
    pattern: str,
    still: Attention,
    turned: Attention,
    position_ids: torch.Tensor,
    inv_freq: np.ndarray,
    factor: float,
    rounding: float = U,
    layer: str = "first layer",
) -> None:
    """`turned` is the reference's rotation of `still`."""
    for name in ("query", "key"):
        before, after = (np.asarray(getattr(run, name), dtype=np.float64) for run in (still, turned))
        expected = rotate(before, position_ids.numpy(), inv_freq, description.layout, factor)
        if description.normed_after_rotation:  # what a factor adds to the size of a head is taken away again
            expected *= np.linalg.norm(before, axis=-1, keepdims=True) / np.linalg.norm(
                expected, axis=-1, keepdims=True
            )
        moved, largest = np.abs(expected - before).max(), np.abs(before).max()
        verdict.require(
            case.n < 2 or moved > 0.1 * largest,
            f"{name}: were it hardly moved by the reference, equality would prove nothing",
            f"more than {0.1 * largest:.3g}",
            f"{moved:.3g}",
        )
        verdict.require_close(
            f"{layer}'s {name} (batch, head, token, channel) at positions {pattern}",
            after,
            expected,
            factor * rotation_tolerance(before, position_ids, description.width.base, rounding),
        )


def rotation_tolerance(x: np.ndarray, position_ids: torch.Tensor, base: float, rounding: float = U) -> float:
    """Absolute error of a rotation by angles in float32, of q and k in a type of another unit roundoff.

    An angle is at most the largest position (the first frequency is 1), off by the rounding of the frequency, `(2 + ln
    b) U`, and of the product; cosine, sine, two products and a sum add one rounding each. A pair's norm is below twice
    the largest value.
    """
    return 2 * np.abs(x).max() * (8 * rounding + U * int(position_ids.max()) * (3 + math.log(base)))


def require_refusal(
    verdict: Verdict, build: Callable[[], Any], asked: Mapping[str, Any], bounds: Collection[float] = ()
) -> None:
    """Building what is asked for fails, by an error that names key, value and range.

    Args:
        asked: the config keyword, or the key in a dict of one, that has to be refused, with its value.
        bounds: of its range, or the one value that fits.
    """
    what = "asked for " + ", ".join(f"{key}={value!r}" for key, value in asked.items())
    words = [*asked, *asked.values(), *bounds]
    expected = f"a ValueError that names {', '.join(map(str, words))}, while the model is built"
    verdict.required += 1
    try:
        build()
    except Exception as error:
        if not refuses(error, asked, bounds):
            raise verdict.raised(what, expected, error) from error
    else:
        verdict.fail(what, expected, "a model")


def rounding_tolerance(probed: Probe, position_ids: torch.Tensor) -> float:
    """Absolute difference of outputs of the same tokens, computed in another order.

    A sum of `F` terms in another order is off by up to `F * U` of its size, and no sum of a tiny model is longer than
    twice its width. In q and k, the model's own sensitivity turns this, and the rounding of the angles, into a
    difference of outputs; elsewhere it counts by the largest output. A factor of 8 for chance and for the layers.
    """
    terms = 2 * NUM_HEADS * probed.head_dim
    angles = 8 + int(position_ids.max())
    largest = probed.outputs(position_ids).abs().max().item()
    return 8 * U * ((terms + angles) * probed.sensitivity(position_ids) + terms * largest)


def require_positions_seen(verdict: Verdict, probed: Probe, tolerance: float) -> None:
    """Fails where positions hardly change the outputs: their equality would prove nothing."""
    outputs = (probed.outputs(ids) for ids in (positions.reversed_order(), positions.consecutive()))
    seen = torch.sub(*outputs).abs().max().item()
    verdict.require(
        seen > 2 * tolerance,
        "outputs at reversed positions: were they the same, equality would prove nothing",
        f"other by more than {2 * tolerance:.3g}",
        f"{seen:.3g}",
    )
