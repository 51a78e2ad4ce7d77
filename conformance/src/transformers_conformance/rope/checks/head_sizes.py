"""Heads of another width than hidden channels divided by heads, and heads without a stated width."""

import dataclasses
from typing import Any

from ...core.refusal import MISSING, refuses, told
from ...core.verdict import Verdict
from ...facts.rope_types import SCALED_ROPE_TYPES
from ...harness import positions
from ...harness.probe import Probe
from ...harness.sizes import MAX_POSITION_EMBEDDINGS, NUM_HEADS
from ...harness.tiny import build_model
from ..case import Case
from ..properties import FEW_HEADS, full_width, rope_property, without_position_ids
from ..reference import inverse_frequencies
from ..rope_types import scaling_parameters
from ..spec import RotarySpec
from .assertions import require_tables, require_turned


def without_a_head_dim(spec: RotarySpec) -> str | None:
    if "qk_rope_head_dim" in spec.fields:
        return f"{spec.config_class.__name__} has a width of its own for what rotates"
    if not {"head_dim", "hidden_size"} <= set(spec.fields.defaults):
        return f"{spec.config_class.__name__} does not state both the width of a head and of all"
    return without_position_ids(spec)


@rope_property(
    "R6",
    head_dims=FEW_HEADS,
    widths=full_width,
    rope_types=("default", *SCALED_ROPE_TYPES),
    excluded=without_a_head_dim,
)
def check_head_sizes(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Under every rope type, a stated `head_dim` counts where hidden states are twice as wide as all heads.

    With `head_dim=None`, the width of a head is the number of hidden channels divided by the number of heads. A class
    may refuse either config by an error that names the key. The reference rotates q and k of a model of the default
    type that has the same weights, at all positions 0.
    """
    asked: dict[str, dict[str, Any]] = {
        "hidden states twice as wide as all heads": {"hidden_size": 2 * NUM_HEADS * case.head_dim}
    }
    # An older config class (no dataclass) takes None only if None is its default.
    if dataclasses.is_dataclass(spec.config_class) or spec.fields.defaults["head_dim"] is None:
        asked["head_dim=None"] = {"head_dim": None}
    for what, sizes in asked.items():
        try:
            own = Probe(spec, case, build_model(spec, case, **sizes))
        except Exception as error:
            # Two sizes do not fit each other, so the error may name either of them
            fits = any(refuses(error, {name: MISSING}) for name in ("head_dim", "hidden_size"))
            verdict.require(
                fits, f"the refusal of {what}", "a ValueError that names head_dim or hidden_size", told(error)
            )
            continue
        _require_scaled(spec, case, verdict, own, sizes, what)


def _require_scaled(
    spec: RotarySpec, case: Case, verdict: Verdict, own: Probe, sizes: dict[str, Any], what: str
) -> None:
    ids = positions.consecutive()
    plain = Case(case.head_dim, case.n, case.value)
    still = Probe(spec, plain, build_model(spec, plain, **sizes)).attention(positions.zeros())
    frequencies, factor = inverse_frequencies(
        case.n,
        spec.width.base,
        scaling_parameters(case),
        max_position_embeddings=MAX_POSITION_EMBEDDINGS,
        sequence_length=int(ids.max()) + 1,
        head_dim=case.head_dim,
    )
    turned = own.attention(ids)
    require_tables(verdict, own.model, frequencies, spec.width.base)
    require_turned(
        spec,
        case,
        verdict,
        "consecutive",
        still,
        turned,
        ids,
        frequencies,
        factor,
        layer=f"{what}: first layer",
    )
