"""Rows that are padded."""

import torch

from ...core.verdict import Verdict
from ...harness.decoding import PAD, padded
from ...harness.sizes import SEQUENCE_LENGTH
from .. import rows
from ..case import MaskCase
from ..passes import outputs, require_differ, require_same, unless_refused
from ..properties import mask_property
from ..spec import MaskSpec


_SHORTER = 7  # tokens of the row that is padded
_CLOSED = {"lowest": torch.finfo(torch.float32).min, "infinite": -torch.inf}


def _has(spec: MaskSpec, variant: str) -> bool:
    """On the left, padding shifts tokens, so their positions must be given."""
    return variant == "right" or spec.takes_position_ids


@mask_property("M9", variants=tuple(_CLOSED), has=_has)
def check_closed_rows(spec: MaskSpec, case: MaskCase, verdict: Verdict) -> None:
    """A 4-D mask that closes all keys to a padding token disturbs no other token.

    The closing value is the lowest of the type, or minus infinity.
    """
    batch, mask, positions, tokens, alone = _padded_pair(spec, case, "left")
    real = mask.bool()
    visible = (rows.causal() if spec.is_causal else rows.everything()) & real[:, None] & real[:, :, None]
    given = rows.as_float(visible, _CLOSED[case.variant])[:, None]
    got = unless_refused(verdict, lambda: outputs(spec, case.attention, batch, given, positions))
    if got is not None:
        require_same(verdict, case, "outputs of a row with closed rows in its mask", got[:1, tokens], alone)


@mask_property("M10", variants=("left", "right"), has=_has)
def check_padded_rows(spec: MaskSpec, case: MaskCase, verdict: Verdict) -> None:
    """A padded row beside another gives what it gives alone, and the ids of padding tokens have no effect."""
    batch, mask, positions, tokens, alone = _padded_pair(spec, case, case.variant)
    got = outputs(spec, case.attention, batch, mask, positions)
    require_same(verdict, case, "outputs of a padded row", got[:1, tokens], alone)
    attended = outputs(spec, case.attention, batch, torch.ones_like(mask), positions)
    if case.variant == "left" or not spec.is_causal:
        require_differ(verdict, case, "outputs where the mask does not close padding", attended[:1, tokens], alone)
    other = outputs(spec, case.attention, batch.where(mask.bool(), PAD + 5), mask, positions)
    require_same(verdict, case, "outputs with other padding tokens", other[:1, tokens], got[:1, tokens])


def _padded_pair(spec: MaskSpec, case: MaskCase, side: str):
    """A short row, padded, above a row of full length; its mask, its positions, its tokens, and its outputs alone."""
    pair = rows.rows_of(2)
    short, mask, positions, tokens = padded(pair[:1, :_SHORTER], SEQUENCE_LENGTH, side)
    batch = torch.cat([short, pair[1:]])
    masks = torch.cat([mask, torch.ones_like(mask)])
    both = torch.cat([positions, torch.arange(SEQUENCE_LENGTH)[None]])
    alone = outputs(spec, case.attention, pair[:1, :_SHORTER], torch.ones_like(pair[:1, :_SHORTER]))
    return batch, masks, both if spec.takes_position_ids else None, tokens, alone
