"""The columns of a 4-D mask, and the keys of a cache."""

import torch

from ...core.verdict import Verdict
from ...harness.cache_name import cache_name
from ...harness.decoding import dynamic_cache, has_static_cache, static_cache
from ...harness.implementations import running
from ...harness.sizes import SEQUENCE_LENGTH
from .. import rows
from ..case import MaskCase
from ..passes import outputs, require_differ, require_same, tiny_model, unless_refused
from ..properties import mask_property, without_a_cache
from ..spec import MaskSpec


_SLOTS = 16  # of a cache of fixed length: more than tokens
_CHUNKS = (6, 2, 1, 1, 1)


def _has(spec: MaskSpec, variant: str) -> bool:
    return variant.startswith("dynamic") or has_static_cache(spec.model_class)


@mask_property(
    "M7",
    attentions=("eager", "sdpa"),
    variants=("dynamic seen", "dynamic whole", "static seen", "static whole"),
    has=_has,
    excluded=without_a_cache,
)
def check_mask_length(spec: MaskSpec, case: MaskCase, verdict: Verdict) -> None:
    """With a cache, a 4-D mask of the tokens seen, or of all that will come, gives what one pass gives.

    A cache of fixed length has more keys than tokens were seen: what the mask does not state is closed. A cache that
    grows has fewer keys than tokens will come: what the mask states beyond is cut.
    """
    kind, columns = case.variant.split()
    pair = rows.rows_of(2)
    visible = torch.stack([rows.tree(), rows.prefix()])[:, None]
    expected = outputs(spec, case.attention, pair, rows.as_float(visible))
    causal = outputs(spec, case.attention, pair, torch.ones_like(pair))
    require_differ(verdict, case, "outputs under a mask of ones", causal, expected)
    slots = _SLOTS if kind == "static" else SEQUENCE_LENGTH
    mask = rows.as_float(torch.nn.functional.pad(visible, (0, slots - SEQUENCE_LENGTH)))
    got = unless_refused(verdict, lambda: _in_chunks(spec, case, pair, mask, kind, columns == "whole"))
    if got is not None:
        require_same(verdict, case, f"outputs in chunks of {_CHUNKS} tokens", got, expected)


def _in_chunks(
    spec: MaskSpec, case: MaskCase, input_ids: torch.Tensor, mask: torch.Tensor, kind: str, whole: bool
) -> torch.Tensor:
    model = tiny_model(spec, case.attention)
    made = dynamic_cache(model, len(input_ids)) if kind == "dynamic" else static_cache(model, input_ids, _SLOTS)
    found, start = [], 0
    for size in _CHUNKS:
        stop = start + size
        given = mask[:, :, start:stop] if whole else mask[:, :, start:stop, :stop]
        with torch.no_grad(), running(case.attention):
            result = model(
                input_ids=input_ids[:, start:stop],
                attention_mask=given,
                use_cache=True,
                **{cache_name(type(model)): made},
            )
        found.append(result[0])
        start = stop
    return torch.cat(found, dim=1)
