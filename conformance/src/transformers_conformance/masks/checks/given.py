"""A 4-D mask as the caller gives it."""

import torch

from ...core.verdict import Verdict
from ...harness.sizes import SEQUENCE_LENGTH
from .. import rows
from ..case import MaskCase
from ..passes import outputs, require_differ, require_same, tolerance_of, unless_refused
from ..properties import mask_property
from ..spec import MaskSpec


_PATTERNS = {"tree": rows.tree, "prefix": rows.prefix}


@mask_property("M1")
def check_given_mask(spec: MaskSpec, case: MaskCase, verdict: Verdict) -> None:
    """Under a 4-D float mask, each token attends to the tokens that its row's mask opens, and to no other."""
    row = rows.first_row()
    # A row as it is, and one for each token with this token changed; all of them under one pattern, then another.
    changed = torch.cat([row, row + torch.eye(SEQUENCE_LENGTH, dtype=torch.long)])
    visible = [pattern() for pattern in _PATTERNS.values()]
    mask = torch.stack([rows.as_float(x) for x in visible]).repeat_interleave(len(changed), dim=0)[:, None]
    found = unless_refused(verdict, lambda: outputs(spec, case.attention, changed.repeat(len(visible), 1), mask))
    if found is None:
        return
    tolerance = tolerance_of(case, found)
    for name, sees, by_row in zip(_PATTERNS, visible, found.chunk(len(visible)), strict=True):
        change = (by_row[1:] - by_row[:1]).abs().amax(dim=-1).T  # [query, key], as `sees`
        unread, read = (change <= 2 * tolerance) & sees, (change > tolerance) & ~sees
        read |= change.isnan()
        for wrong, what, expected in (
            (read, "closed", f"a change of at most {tolerance:.3g}"),
            (unread, "open", f"a change of more than {2 * tolerance:.3g}"),
        ):
            first = [tuple(pair) for pair in wrong.nonzero().tolist()][:1]
            verdict.require(
                not first,
                f"mask of a {name}: the output of token i if token j changes, which the mask keeps {what}, (i, j) = "
                f"{first[0] if first else None}",
                expected,
                f"{change[first[0]] if first else 0:.3g}",
            )


@mask_property("M2", variants=("bool", "int"))
def check_mask_forms(spec: MaskSpec, case: MaskCase, verdict: Verdict) -> None:
    """A 4-D mask of True and False, or of 1 and 0, means what the float mask means, or is refused by name."""
    pair = rows.rows_of(2)
    visible = torch.stack([pattern() for pattern in _PATTERNS.values()])[:, None]
    expected = outputs(spec, case.attention, pair, rows.as_float(visible))
    ones = outputs(spec, case.attention, pair, torch.ones_like(pair))
    require_differ(verdict, case, "outputs under a mask of ones", ones, expected)
    given = visible if case.variant == "bool" else visible.long()
    got = unless_refused(verdict, lambda: outputs(spec, case.attention, pair, given))
    if got is not None:
        require_same(verdict, case, f"outputs under a mask of {given.dtype}", got, expected)
