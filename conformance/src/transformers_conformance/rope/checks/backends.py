"""Another implementation of attention sees the same rotation."""

import torch

from .. import positions
from ..decoding import padded, run_masked
from ..description import Case, Description
from ..probe import SEQUENCE_LENGTH, probe
from ..tiny import build_model
from ..verdict import Verdict
from .assertions import require_positions_seen, rounding_tolerance
from .registry import FEW_HEADS, few_widths, rope_property, without_position_ids


def without_sdpa(description: Description) -> str | None:
    if not getattr(description.model_class, "_supports_sdpa", False):
        return f"{description.model_class.__name__} does not say that it supports sdpa"
    return without_position_ids(description)


@rope_property("R7", head_dims=FEW_HEADS, widths=few_widths, obstacle=without_sdpa)
def check_sdpa(description: Description, case: Case, verdict: Verdict) -> None:
    """Under `attn_implementation="sdpa"`, outputs are those of eager attention, padding on the left included."""
    probed = probe(description, case)
    ids = positions.different_per_row()
    tolerance = rounding_tolerance(probed, ids)
    require_positions_seen(verdict, probed, tolerance)
    fused = build_model(description, case, attn_implementation="sdpa")
    everything = torch.ones_like(probed.input_ids)
    outputs = run_masked(fused, probed.input_ids, everything, ids)
    verdict.require_close("outputs under sdpa", outputs, probed.outputs(ids), tolerance)
    row, mask, position_ids, tokens = padded(probed.input_ids[:1, :7], SEQUENCE_LENGTH, "left")
    got, expected = (run_masked(model, row, mask, position_ids)[:, tokens] for model in (fused, probed.model))
    verdict.require_close("outputs of a padded row under sdpa", got, expected, tolerance)
