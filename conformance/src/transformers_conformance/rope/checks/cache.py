"""Decoding with a cache gives what one pass gives."""

import torch

from ...core.verdict import Verdict
from ...harness import positions
from ...harness.decoding import NoCacheError, decode, has_static_cache, static_cache
from ...harness.probe import Probe, probe
from ...harness.sizes import SEQUENCE_LENGTH
from ...harness.tiny import build_model
from ...harness.tolerances import require_positions_seen, rounding_tolerance
from ..case import Case
from ..properties import FEW_HEADS, few_widths, rope_property, without_position_ids
from ..spec import RotarySpec


_ONE_BY_ONE = (1,) * SEQUENCE_LENGTH
_CHUNKS = (4, 1, 3, 2, 1)


def without_cache(spec: RotarySpec) -> str | None:
    """Why the model cannot decode with a cache, or None. A model that fails to run is not excused."""
    if not spec.takes_cache:
        return f"{spec.model_class.__name__}.forward takes no cache"
    case = spec.cases_of(FEW_HEADS[0], FEW_HEADS[0])[0]
    try:
        with torch.no_grad():
            decode(build_model(spec, case), probe(spec, case).input_ids, None, (SEQUENCE_LENGTH,))
    except NoCacheError as error:
        return str(error)
    except Exception:
        return None
    return without_position_ids(spec)


def without_static_cache(spec: RotarySpec) -> str | None:
    if not has_static_cache(spec.model_class):
        return f"{spec.model_class.__name__} does not say that it supports a static cache"
    return without_cache(spec)


@rope_property("R8", head_dims=FEW_HEADS, widths=few_widths, excluded=without_cache)
def check_decoding(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Token by token and in chunks, at positions given (also per row) and counted, outputs are those of one pass."""
    probed = probe(spec, case)
    counted, far, per_row = positions.consecutive(), positions.consecutive(300), positions.different_per_row()
    _require_decoded(verdict, probed, "token by token", _ONE_BY_ONE, counted, counted)
    _require_decoded(verdict, probed, "at far positions", _CHUNKS, far, far)
    _require_decoded(verdict, probed, "at positions different per row", _CHUNKS, per_row, per_row)
    _require_decoded(verdict, probed, "at positions that the model counts", _CHUNKS, counted, None)


@rope_property("R8", head_dims=FEW_HEADS, widths=few_widths, excluded=without_static_cache)
def check_static_decoding(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """With a cache of fixed length, longer than the tokens, outputs are those of one pass."""
    ids = positions.consecutive()
    for chunks in (_ONE_BY_ONE, _CHUNKS):
        _require_decoded(verdict, probe(spec, case), "with a static cache", chunks, ids, ids, static=True)


def _require_decoded(
    verdict: Verdict,
    probed: Probe,
    how: str,
    chunks: tuple[int, ...],
    ids: torch.Tensor,
    given: torch.Tensor | None,
    static: bool = False,
) -> None:
    tolerance = rounding_tolerance(probed, ids)
    require_positions_seen(verdict, probed, tolerance)
    cache = static_cache(probed.model, probed.input_ids, SEQUENCE_LENGTH + 5) if static else None
    with torch.no_grad():
        decoded = decode(probed.model, probed.input_ids, given, chunks, cache)
    what = f"outputs decoded {how}, by {'+'.join(map(str, chunks))} tokens"
    verdict.require_close(what, decoded, probed.outputs(ids), tolerance)
