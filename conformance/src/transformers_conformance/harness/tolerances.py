"""What two ways of computing the same outputs may differ by."""

import torch

from ..core.rounding import U
from ..core.verdict import Verdict
from . import positions
from .probe import Probe
from .sizes import NUM_HEADS


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
