"""What multiplies the products of q and k before the softmax."""

import math
from dataclasses import replace
from typing import Any

import torch

from ...core.rounding import U
from ...core.verdict import Verdict
from ...harness import positions
from ...harness.capture import first_scores
from ...harness.probe import Probe, run_model
from ...harness.tiny import build_model
from ..case import Case
from ..properties import FEW_HEADS, full_width, rope_property
from ..rope_types import scaling_parameters
from ..spec import RotarySpec


# Keys of configs that say what it is: a value to ask for, and the power of it. No head of a tiny model has the like.
_KEYS = {"query_pre_attn_scalar": (20, -0.5), "attention_multiplier": (0.3, 1)}
_CAP = "attn_logit_softcapping"


@rope_property("R6", head_dims=FEW_HEADS, widths=full_width, rope_types=("default", "yarn", "yarn+mscale", "llama3"))
def check_softmax_scale(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Products of q and k are multiplied by `D^-0.5`, or by what a key of the config says, before the softmax.

    Where channels that rotate have a projection of their own, also by `(0.1 mscale_all_dim ln(factor) + 1)^2` under a
    scaled rope type (DeepSeek-V2, arXiv:2405.04434, section 3.1.4, and the code published with it). Such a
    projection has half of the channels here, and values are of another width than keys. A constant added to a query's
    scores changes nothing, and is left out.
    Tolerance: the roundings of a product of `D` terms, and a few more.
    """
    if "qk_rope_head_dim" in spec.fields:
        case = replace(case, n=case.head_dim // 2, value=case.head_dim // 2)
    asked = {key: value for key, (value, _) in _KEYS.items() if key in spec.fields}
    if "v_head_dim" in spec.fields:
        asked["v_head_dim"] = case.head_dim + 4
    own = Probe(spec, case, build_model(spec, case, **asked))
    ids = positions.gapped()
    scores, products = first_scores(own.model, case.head_dim, lambda: run_model(own.model, own.input_ids, ids))
    cap = getattr(own.model.config, _CAP, None)
    if cap is not None:
        scores = cap * (scores.clamp(min=-cap * (1 - U)) / cap).atanh()
    rows = max(len(scores), len(products))
    scores, products = (x.expand(rows, -1, -1) if len(x) == 1 else x for x in (scores, products))
    expected = _expected(spec, case)
    open_ones = (scores > -1e4) & (scores.abs() < (math.inf if cap is None else cap))
    scores, products = (_about_their_mean(x, open_ones) for x in (scores, products))
    largest = products.abs().max().item()
    found = (scores @ products / (products @ products)).item()
    verdict.require(largest > 0, "products of q and k", "some", largest)
    tolerance = 64 * U * case.head_dim * expected * largest
    verdict.require_close(
        f"scores before the softmax, which are {found:.6g} times the products of q and k,",
        scores,
        expected * products,
        tolerance,
    )


def _about_their_mean(x: torch.Tensor, open_ones: torch.Tensor) -> torch.Tensor:
    """The entries that are open, less the mean of those of their row."""
    kept = x.where(open_ones, 0.0)
    means = kept.sum(-1, keepdim=True) / open_ones.sum(-1, keepdim=True).clamp(min=1)
    return (kept - means)[open_ones]


def _expected(spec: RotarySpec, case: Case) -> float:
    if spec.score_scale is not None:
        return spec.score_scale
    for key, (value, power) in _KEYS.items():
        if key in spec.fields:
            return value**power
    return case.head_dim**-0.5 * _of_long_contexts(spec, scaling_parameters(case) or {})


def _of_long_contexts(spec: RotarySpec, scaling: Any) -> float:
    mscale = scaling.get("mscale_all_dim")
    if "qk_rope_head_dim" not in spec.fields or not mscale:
        return 1.0
    return (0.1 * mscale * math.log(max(scaling["factor"], 1.0)) + 1) ** 2
