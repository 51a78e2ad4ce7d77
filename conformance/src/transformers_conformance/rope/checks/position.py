"""Where a token stands: positions are taken as given, and only their differences count."""

import torch

from ...core.rounding import U
from ...core.verdict import Verdict
from ...harness import positions
from ...harness.capture import Attention
from ...harness.probe import probe
from ...harness.sizes import BATCH_SIZE, MAX_POSITION_EMBEDDINGS, SEQUENCE_LENGTH
from ..case import Case
from ..properties import FEW_HEADS, TWO_HEADS, odd_width, rope_property, with_a_pair, with_layers_alone
from ..reference import inverse_frequencies
from ..spec import RotarySpec
from .assertions import require_rotation, require_turned


@rope_property("R5", head_dims=TWO_HEADS)
def check_shift(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """A constant added to all positions changes no output; without a pair, no positions change a single bit.

    Tolerance: the largest angle of a shifted run is `p` radians (the first frequency is 1), rounded to `p * U`; with
    the few roundings of the rotation this is the relative error of q and k. The model's own sensitivity to such an
    error, measured at random, turns it into one of the outputs, which are rounded by their own size besides, with a
    factor of 8 for chance.
    """
    probed = probe(spec, case)
    base = probed.outputs(positions.consecutive())
    backwards = (probed.outputs(positions.reversed_order()) - base).abs().max().item()
    far = MAX_POSITION_EMBEDDINGS - SEQUENCE_LENGTH
    if case.n < 2:
        shifted = probed.outputs(positions.consecutive(far))
        verdict.require(
            backwards == 0.0 and torch.equal(shifted, base),
            "without a pair to rotate, outputs at other positions",
            "bit-equal",
            f"off by up to {max(backwards, (shifted - base).abs().max().item()):.3g}",
        )
        return
    sensitivity = probed.sensitivity(positions.consecutive())
    for shift in (1, 7, far):
        tolerance = 8 * U * (sensitivity * (8 + shift + SEQUENCE_LENGTH) + base.abs().max().item())
        shifted = probed.outputs(positions.consecutive(shift))
        verdict.require(
            backwards > 2 * tolerance,
            "outputs at reversed positions: were they the same, a shift would prove nothing",
            f"other by more than {2 * tolerance:.3g}",
            f"{backwards:.3g}",
        )
        verdict.require_close(f"outputs after a shift of {shift}", shifted, base, tolerance)


@rope_property("R5", head_dims=TWO_HEADS, widths=with_a_pair)
def check_positions(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Positions are taken as given: falling, with gaps, different in each row, one row for the whole batch."""
    require_rotation(spec, case, verdict, "falling, [1, seq]", positions.reversed_order())
    require_rotation(spec, case, verdict, "gapped", positions.gapped())
    require_rotation(spec, case, verdict, "different per row", positions.different_per_row())


def without_a_count(spec: RotarySpec) -> str | None:
    """Why it cannot be told what the model counts, or None."""
    if spec.takes_position_ids or spec.input_adapter == "input_ids":
        return with_layers_alone(spec)
    return f"{spec.model_class.__name__}.forward takes neither tokens nor position_ids"


@rope_property("R5", head_dims=FEW_HEADS, widths=odd_width, excluded=without_a_count)
def check_counted(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Without `position_ids`, positions are counted from 0 in each row, whether or not keys are kept for a next pass.

    A model that takes no positions at all shows its q and k unrotated by each token alone, a row of length 1.
    """
    probed = probe(spec, case)
    if spec.takes_position_ids:
        still = probed.attention(positions.zeros())
    else:
        alone = probed.read(probed.input_ids.reshape(-1, 1), None)
        still = Attention(alone.module, *(_one_row_a_batch(x) for x in (alone.query, alone.key)))
    inv_freq, factor = inverse_frequencies(case.n, spec.width.base)
    ids = positions.consecutive()
    for keeps_cache in (True, False):
        turned = probed.read(probed.input_ids, None, keeps_cache=keeps_cache)
        require_turned(spec, case, verdict, "that the model counts", still, turned, ids, inv_freq, factor)


def _one_row_a_batch(x: torch.Tensor) -> torch.Tensor:
    """`[batch * seq, heads, 1, head_dim]` to `[batch, heads, seq, head_dim]`."""
    return x.squeeze(2).unflatten(0, (BATCH_SIZE, SEQUENCE_LENGTH)).transpose(1, 2)
