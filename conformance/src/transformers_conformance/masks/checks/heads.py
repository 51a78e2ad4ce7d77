"""A mask for each head."""

import torch

from ...core.verdict import Verdict
from ...harness.capture import attention_weights
from ...harness.sizes import SEQUENCE_LENGTH
from .. import rows
from ..case import MaskCase
from ..passes import outputs, require_differ, require_same, unless_refused
from ..properties import mask_property
from ..spec import MaskSpec


@mask_property("M5")
def check_masks_per_head(spec: MaskSpec, case: MaskCase, verdict: Verdict) -> None:
    """Under a 4-D mask with one mask per head, each head of each layer weighs the tokens that its own mask opens."""
    pair = rows.rows_of(2)
    plain = rows.as_float(rows.causal()).expand(len(pair), 1, -1, -1)
    weights = attention_weights(len(pair), SEQUENCE_LENGTH, lambda: outputs(spec, "eager", pair, plain))
    verdict.require(bool(weights), "softmaxes over the tokens of an eager pass", "some", "none")
    visible = _by_head(weights[0].shape[1], len(pair))
    mask = rows.as_float(visible)
    if case.attention == "eager":
        found: list[torch.Tensor] = []
        got = unless_refused(verdict, lambda: _eager(spec, pair, mask, found))
        if got is not None:
            for layer, weighed in enumerate(found):
                verdict.require(
                    torch.equal(weighed > 0, visible),
                    f"weights of layer {layer}, by row, head, query and key",
                    "above 0 exactly where the mask is open",
                    f"not so in {int((weighed > 0).ne(visible).sum())} places",
                )
        return
    got = unless_refused(verdict, lambda: outputs(spec, case.attention, pair, mask))
    if got is not None:
        expected = outputs(spec, "eager", pair, mask)
        of_first = outputs(spec, "eager", pair, mask[:, :1].expand_as(mask))
        require_differ(verdict, case, "outputs under the first head's mask for all heads", of_first, expected)
        require_same(verdict, case, "outputs under a mask per head", got, expected)


def _eager(spec: MaskSpec, pair: torch.Tensor, mask: torch.Tensor, found: list[torch.Tensor]) -> torch.Tensor:
    """A pass whose weights are added to `found`."""
    result: list[torch.Tensor] = []
    found += attention_weights(len(pair), SEQUENCE_LENGTH, lambda: result.append(outputs(spec, "eager", pair, mask)))
    return result[0]


def _by_head(heads: int, batch: int) -> torch.Tensor:
    """`[batch, heads, seq, seq]`: each head of each row sees itself, and earlier tokens at a distance of its own."""
    far = torch.arange(SEQUENCE_LENGTH)[:, None] - torch.arange(SEQUENCE_LENGTH)
    strides = 1 + torch.arange(batch * heads).reshape(batch, heads, 1, 1)
    return (far >= 0) & (far % strides == 0)
