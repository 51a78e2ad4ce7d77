"""Several ways to say the same, and several implementations of attention."""

import torch

from ...core.verdict import Verdict
from ...harness.decoding import padded
from ...harness.sizes import SEQUENCE_LENGTH
from .. import rows
from ..case import MaskCase
from ..passes import outputs, require_differ, require_same
from ..properties import FUSED, mask_property
from ..spec import MaskSpec


_SHORTER = 7  # tokens of a row that is padded


@mask_property("M3")
def check_plain_masks(spec: MaskSpec, case: MaskCase, verdict: Verdict) -> None:
    """No mask, a mask of ones, and the same mask in 4-D give the same, with positions given and counted."""
    pair = rows.rows_of(2)
    ones = torch.ones_like(pair)
    visible = rows.causal() if spec.is_causal else rows.everything()
    whole = rows.as_float(visible).expand(len(pair), 1, -1, -1)
    expected = outputs(spec, case.attention, pair, ones)
    other = outputs(spec, case.attention, pair.flip(-1), ones).flip(-2)
    require_differ(verdict, case, "outputs of tokens in reversed order", other, expected)
    given = torch.arange(SEQUENCE_LENGTH).expand(len(pair), -1)
    for positions in (None, given) if spec.takes_position_ids else (None,):
        counted = "counted" if positions is None else "given"
        for what, mask in (("no mask", None), ("a mask of ones", ones), ("a 4-D mask", whole)):
            got = outputs(spec, case.attention, pair, mask, positions)
            require_same(verdict, case, f"outputs with {what}, positions {counted}", got, expected)


@mask_property("M4", attentions=FUSED)
def check_implementations(spec: MaskSpec, case: MaskCase, verdict: Verdict) -> None:
    """Fused attention gives what eager attention gives: without a mask, with padding, and under a 4-D mask."""
    pair = rows.rows_of(2)
    short, padding, positions, tokens = padded(pair[:1, :_SHORTER], SEQUENCE_LENGTH, "right")
    given = positions if spec.takes_position_ids else None
    visible = torch.stack([rows.tree(), rows.prefix()])[:, None]
    for what, input_ids, mask, position_ids, read in (
        ("without a mask", pair, None, None, slice(None)),
        ("of a padded row", short, padding, given, tokens),
        ("under a 4-D mask", pair, rows.as_float(visible), None, slice(None)),
    ):
        got, expected = (
            outputs(spec, attention, input_ids, mask, position_ids)[:, read] for attention in (case.attention, "eager")
        )
        require_same(verdict, case, f"outputs {what}", got, expected)
