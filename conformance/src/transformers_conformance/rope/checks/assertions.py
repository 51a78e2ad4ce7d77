"""Comparisons with the reference that several checks make, and their tolerances."""

import math
from collections.abc import Collection

import numpy as np
import torch

from ...core.rounding import U
from ...core.verdict import Verdict
from ...harness import positions
from ...harness.capture import Attention
from ...harness.model_spec import ModelSpec
from ...harness.probe import probe
from ..case import Case
from ..frequencies import kept_frequencies
from ..reference import inverse_frequencies, rotate
from ..spec import RotarySpec


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


def require_no_saved_table(verdict: Verdict, spec: ModelSpec, case: Case, narrow: Case) -> None:
    """What a model saves holds no table that the config determines, under whatever name.

    A table is the same in two models with weights of their own, and another one in a model with narrower heads. A
    tensor of one value alone, such as the weights of a norm, is none.

    Args:
        narrow: the same with narrower heads.
    """
    first, second, other = (_saved(spec, *made) for made in ((case, 1), (case, 2), (narrow, 1)))
    kept = [
        name
        for name, tensor in first.items()
        if torch.equal(tensor, second[name]) and tensor.unique().numel() > 1
        if name not in other or tensor.shape != other[name].shape or not torch.equal(tensor, other[name])
    ]
    verdict.require(not kept, "rotary tables in state_dict()", "none", kept)


def _saved(spec: ModelSpec, case: Case, seed: int) -> dict[str, torch.Tensor]:
    """What a model saves whose weights are as it makes them itself."""
    config = spec.config_class(**spec.config_values(case))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return spec.adapted_class(config).state_dict()


def require_rotation(spec: RotarySpec, case: Case, verdict: Verdict, pattern: str, position_ids: torch.Tensor) -> None:
    """q and k at `position_ids` are the reference's rotation of those at all positions 0."""
    probed = probe(spec, case)
    still, turned = probed.attention(positions.zeros()), probed.attention(position_ids)
    inv_freq, factor = inverse_frequencies(case.n, spec.width.base)
    require_turned(spec, case, verdict, pattern, still, turned, position_ids, inv_freq, factor)


def require_turned(
    spec: RotarySpec,
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
        expected = rotate(before, position_ids.numpy(), inv_freq, spec.layout, factor)
        if spec.normed_after_rotation:  # what a factor adds to the size of a head is taken away again
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
            factor * rotation_tolerance(before, position_ids, spec.width.base, rounding),
        )


def rotation_tolerance(x: np.ndarray, position_ids: torch.Tensor, base: float, rounding: float = U) -> float:
    """Absolute error of a rotation by angles in float32, of q and k in a type of another unit roundoff.

    An angle is at most the largest position (the first frequency is 1), off by the rounding of the frequency, `(2 + ln
    b) U`, and of the product; cosine, sine, two products and a sum add one rounding each. A pair's norm is below twice
    the largest value.
    """
    return 2 * np.abs(x).max() * (8 * rounding + U * int(position_ids.max()) * (3 + math.log(base)))
