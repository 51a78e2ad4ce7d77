"""Decoding with a cache gives what one pass gives."""

import torch

from .. import positions
from ..decoding import NoCacheError, decode, has_static_cache, static_cache
from ..description import Case, Description
from ..probe import SEQUENCE_LENGTH, Probe, probe
from ..tiny import build_model
from ..verdict import Verdict
from .assertions import require_positions_seen, rounding_tolerance
from .registry import FEW_HEADS, few_widths, rope_property, without_position_ids


_ONE_BY_ONE = (1,) * SEQUENCE_LENGTH
_CHUNKS = (4, 1, 3, 2, 1)


def without_cache(description: Description) -> str | None:
    """Why the model cannot decode with a cache, or None. A model that fails to run is not excused."""
    if not description.takes_cache:
        return f"{description.model_class.__name__}.forward takes no past_key_values"
    case = description.cases(FEW_HEADS[0], FEW_HEADS[0])[0]
    try:
        with torch.no_grad():
            decode(build_model(description, case), probe(description, case).input_ids, None, (SEQUENCE_LENGTH,))
    except NoCacheError as error:
        return str(error)
    except Exception:
        return None
    return without_position_ids(description)


def without_static_cache(description: Description) -> str | None:
    if not has_static_cache(description.model_class):
        return f"{description.model_class.__name__} does not say that it supports a static cache"
    return without_cache(description)


@rope_property("R8", head_dims=FEW_HEADS, widths=few_widths, obstacle=without_cache)
def check_decoding(description: Description, case: Case, verdict: Verdict) -> None:
    """Token by token and in chunks, at positions given (also per row) and counted, outputs are those of one pass."""
    probed = probe(description, case)
    counted, far, per_row = positions.consecutive(), positions.consecutive(300), positions.different_per_row()
    _require_decoded(verdict, probed, "token by token", _ONE_BY_ONE, counted, counted)
    _require_decoded(verdict, probed, "at far positions", _CHUNKS, far, far)
    _require_decoded(verdict, probed, "at positions different per row", _CHUNKS, per_row, per_row)
    _require_decoded(verdict, probed, "at positions that the model counts", _CHUNKS, counted, None)


@rope_property("R8", head_dims=FEW_HEADS, widths=few_widths, obstacle=without_static_cache)
def check_static_decoding(description: Description, case: Case, verdict: Verdict) -> None:
    """With a cache of fixed length, longer than the tokens, outputs are those of one pass."""
    ids = positions.consecutive()
    for chunks in (_ONE_BY_ONE, _CHUNKS):
        _require_decoded(verdict, probe(description, case), "with a static cache", chunks, ids, ids, static=True)


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
