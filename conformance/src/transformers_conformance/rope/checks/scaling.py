"""Scaled rope types against the papers."""

from functools import partial

import torch

from ...core.rounding import U
from ...core.verdict import Verdict, require_refusal
from ...facts.rope_types import SCALED_ROPE_TYPES
from ...harness import positions
from ...harness.probe import Probe, probe
from ...harness.sizes import MAX_POSITION_EMBEDDINGS
from ...harness.tiny import build_model
from ...harness.tracing import recorded_calls
from ..case import Case
from ..frequencies import kept_attention_factors, table_holders
from ..properties import FEW_HEADS, odd_width, rope_property
from ..reference import inverse_frequencies
from ..rope_types import ORIGINAL_MAX_POSITION_EMBEDDINGS, ROPE_TYPE_OPTIONS, scaling_parameters
from ..spec import RotarySpec
from .assertions import require_tables, require_turned


def _telling_widths(head_dim: int) -> tuple[int, ...]:
    """Four pairs, three and a channel, half a head; of a small odd head all of it, one pair, one channel, none."""
    return (8, 7, 4) if head_dim == 8 else (5, 2, 1, 0)


@rope_property("R2", head_dims=(5, 8), widths=_telling_widths, rope_types=SCALED_ROPE_TYPES, refusals=True)
def check_scaled(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Under a scaled rope type: the tables, the factor on the attention, and the rotation past the configured length.

    What the default type gives at all positions 0, with the same weights, is what has to be rotated. A type that the
    model does not support has to be refused (R6).
    """
    if case.rope_type not in spec.supported_rope_types:
        _require_refusal(spec, case, verdict)
        return
    require_scaled(spec, case, verdict, positions.beyond(_length(case)))


def _all_three_and_one_pair(head_dim: int) -> tuple[int, ...]:
    """All pairs, three of them, since one that stands still under "proportional" must not be lost, and one."""
    return (8, 6, 3)


@rope_property("R6", head_dims=FEW_HEADS, widths=_all_three_and_one_pair, rope_types=ROPE_TYPE_OPTIONS, refusals=True)
def check_scaling_options(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """As `scaled`, where a rope type is asked for more than its required keys, and under "proportional".

    "longrope+within" stays within the original length, or fills it: there the other list of factors holds.
    """
    if case.rope_type not in spec.supported_rope_types:
        _require_refusal(spec, case, verdict)
        return
    length = _length(case)
    within = positions.consecutive(), positions.up_to(length - 1)
    for ids in within if case.rope_type == "longrope+within" else (positions.beyond(length),):
        require_scaled(spec, case, verdict, ids)


@rope_property("R8", head_dims=FEW_HEADS, widths=odd_width, rope_types=("dynamic", "longrope"))
def check_batch_scaling(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """One scaling a batch, by upstream's design: a row of small positions is scaled as the batch's largest asks.

    The exception that R8 states. It is asserted so that a scaling chosen by the first row, or by the number of tokens,
    shows; also where the largest is the first, or the second, past the configured length.
    """
    short, length = positions.consecutive()[:1], _length(case)
    beyond = positions.beyond(length)
    for largest in (beyond, 2 * beyond, positions.up_to(length), positions.up_to(length + 1)):
        require_scaled(spec, case, verdict, torch.cat((short, largest)))


def _require_refusal(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    require_refusal(verdict, partial(build_model, spec, case), {"rope_type": case.scaling_type})


def _length(case: Case) -> int:
    return ORIGINAL_MAX_POSITION_EMBEDDINGS if case.scaling_type == "longrope" else MAX_POSITION_EMBEDDINGS


def require_scaled(spec: RotarySpec, case: Case, verdict: Verdict, ids: torch.Tensor) -> None:
    """Tables, attention factor and rotation at the given positions are the reference's.

    Raises:
        ConformanceError: they are not.
    """
    base = spec.width.base
    scaling = scaling_parameters(case)
    table_head_dim = spec.width.table_head_dim(case.n, case.head_dim)
    at_rest, factor = inverse_frequencies(
        case.n, base, scaling, max_position_embeddings=MAX_POSITION_EMBEDDINGS, head_dim=table_head_dim
    )
    running, _ = inverse_frequencies(
        case.n,
        base,
        scaling,
        max_position_embeddings=MAX_POSITION_EMBEDDINGS,
        sequence_length=int(ids.max()) + 1,
        head_dim=table_head_dim,
    )
    own = Probe(spec, case)
    require_tables(verdict, own.model, at_rest, base)
    with recorded_calls(table_holders(own.model)) as calls:
        verdict.require(bool(own.outputs(ids).isfinite().all()), "outputs", "finite", "infinite or NaN")
    require_tables(verdict, own.model, running, base, calls)  # a table that no pass asks for stays at rest
    for kept in kept_attention_factors(own.model):
        verdict.require(abs(kept - factor) <= 4 * U * factor, "attention_scaling", f"{factor:.9g}", f"{kept:.9g}")
    plain = Case(case.head_dim, case.n, case.value)
    still, turned = probe(spec, plain).attention(positions.zeros()), own.attention(ids)
    require_turned(spec, case, verdict, f"up to {int(ids.max())}", still, turned, ids, running, factor)
