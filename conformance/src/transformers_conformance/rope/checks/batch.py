"""A row depends on no other row, on no padding and on no earlier call. A pass does not write into its arguments."""

import torch

from ...core.verdict import Verdict
from ...harness import positions
from ...harness.decoding import padded, run_masked
from ...harness.packing import asks_positions_for_rows, packed_positions, run_packed
from ...harness.probe import Probe, probe, run_model
from ...harness.sizes import BATCH_SIZE, MAX_POSITION_EMBEDDINGS, SEQUENCE_LENGTH
from ...harness.tiny import build_model
from ...harness.tolerances import require_positions_seen, rounding_tolerance
from ..case import Case
from ..properties import FEW_HEADS, few_widths, odd_width, rope_property, without_a_mask
from ..rope_types import ORIGINAL_MAX_POSITION_EMBEDDINGS
from ..spec import RotarySpec


_SHORT = 7  # tokens of the padded row
_PACKED = [[4, 7], [6, 5]]  # for each row of a batch, the lengths of the rows that are packed into it


def without_packing(spec: RotarySpec) -> str | None:
    """The reason why packed rows do not apply to a model, or None. A model that does not run is not excluded."""
    reason = without_a_mask(spec)
    if reason is not None:
        return reason
    probed = probe(spec, spec.cases_of(FEW_HEADS[0], FEW_HEADS[0])[0])
    try:
        asked = asks_positions_for_rows(probed.model, probed.input_ids, packed_positions(_PACKED))
    except Exception:
        return None
    return None if asked else f"{spec.model_class.__name__} does not look for packed rows in its positions"


@rope_property("R8", head_dims=FEW_HEADS, widths=few_widths, excluded=without_a_mask)
def check_padding(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """A row padded on the left or on the right, beside a longer one, gives what it gives alone and unpadded."""
    probed = probe(spec, case)
    ids = positions.consecutive()
    tolerance = rounding_tolerance(probed, ids)
    require_positions_seen(verdict, probed, tolerance)
    long, short = probed.input_ids[:1], probed.input_ids[1:, :_SHORT]
    alone = run_masked(probed.model, short, torch.ones_like(short), ids[1:, :_SHORT])
    for side in ("left", "right"):
        row, mask, position_ids, tokens = padded(short, SEQUENCE_LENGTH, side)
        together = (torch.cat(pair) for pair in ((long, row), (torch.ones_like(long), mask), (ids[:1], position_ids)))
        outputs = run_masked(probed.model, *together)
        verdict.require_close(f"outputs of a row padded on the {side}", outputs[1:, tokens], alone, tolerance)
        verdict.require_close(
            f"outputs of the row beside one padded on the {side}", outputs[:1], probed.outputs(ids)[:1], tolerance
        )


@rope_property("R8", head_dims=FEW_HEADS, widths=few_widths)
def check_rows(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Each row of a batch, at positions of its own, gives what it gives alone."""
    probed = probe(spec, case)
    ids = positions.different_per_row()
    tolerance = rounding_tolerance(probed, ids)
    require_positions_seen(verdict, probed, tolerance)
    together = probed.outputs(ids)
    for row in range(BATCH_SIZE):
        alone = run_masked(
            probed.model,
            probed.input_ids[row : row + 1],
            torch.ones_like(probed.input_ids[:1]),
            ids[row : row + 1],
        )
        verdict.require_close(f"outputs of row {row} in a batch", together[row : row + 1], alone, tolerance)


@rope_property("R8", head_dims=FEW_HEADS, widths=odd_width, excluded=without_packing)
def check_packed(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Rows packed one after another into one, told apart by positions that begin again, give what each gives alone.

    This is asked only of models that support packed rows. A model supports them if a pass without a mask and without a
    cache looks for packed rows in the positions: it calls `masking_utils.find_packed_sequence_indices`. Other models
    see one row.
    """
    probed = probe(spec, case)
    ids = packed_positions(_PACKED)
    tolerance = rounding_tolerance(probed, ids)
    require_positions_seen(verdict, probed, tolerance)
    together = run_packed(probed.model, probed.input_ids, ids)
    for row, lengths in enumerate(_PACKED):
        tokens, outputs = (x[row : row + 1].split(lengths, dim=1) for x in (probed.input_ids, together))
        for number, (own, got) in enumerate(zip(tokens, outputs, strict=True)):
            alone = run_packed(probed.model, own, torch.arange(own.shape[1])[None])
            verdict.require_close(f"outputs of row {number} of those packed into row {row}", got, alone, tolerance)


@rope_property("R8", head_dims=FEW_HEADS, widths=few_widths, rope_types=("default", "dynamic", "longrope"))
def check_history(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Whatever ran before: short after long, long twice, another batch in between give bit-equal outputs.

    The last call comes after a longer one. It just fills the length beyond which a scaled type changes.
    """
    short, full, long = positions.consecutive(), positions.up_to(_length(case) - 1), _long(case)
    _require_no_memory(spec, case, verdict, [short, long, long, short, long[:, :1], short, long, full])


@rope_property("R8", head_dims=FEW_HEADS, widths=few_widths, rope_types=("dynamic",))
def check_growth(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Dynamic NTK scales by the length of the batch at hand, not by the longest that ran before.

    Narrow heads would prove nothing: they have only the frequency 1, under any scaling.
    """
    long = positions.beyond(MAX_POSITION_EMBEDDINGS)
    _require_no_memory(spec, case, verdict, [2 * long, long])


@rope_property("R8", head_dims=FEW_HEADS, widths=few_widths)
def check_inputs(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Tensors given to a pass are not written into, not even with their own values."""
    probed = probe(spec, case)
    row, mask, position_ids, _ = padded(probed.input_ids[:1, :_SHORT], SEQUENCE_LENGTH, "left")
    given = {"input_ids": row, "attention_mask": mask, "position_ids": position_ids}
    before = {name: (tensor.clone(), tensor._version) for name, tensor in given.items()}
    with torch.no_grad():
        probed.model(**given)
    for name, tensor in given.items():
        values, version = before[name]
        verdict.require(torch.equal(tensor, values), f"{name} after a pass", values.tolist(), tensor.tolist())
        verdict.require(tensor._version == version, f"writes into {name}", "none", tensor._version - version)


def _long(case: Case) -> torch.Tensor:
    """Long positions. For a scaled type, they go beyond the length at which it changes; for the default type, they
    stay within the configured length."""
    if case.rope_type == "default":
        return positions.consecutive(MAX_POSITION_EMBEDDINGS - SEQUENCE_LENGTH)
    return positions.beyond(_length(case))


def _length(case: Case) -> int:
    return ORIGINAL_MAX_POSITION_EMBEDDINGS if case.rope_type == "longrope" else MAX_POSITION_EMBEDDINGS


def _require_no_memory(spec: RotarySpec, case: Case, verdict: Verdict, calls: list[torch.Tensor]) -> None:
    """Runs one model at all these positions in turn. Each call must give the outputs of a new model.

    After the calls, `state_dict()` must have the same names as before.
    """
    used = Probe(spec, case)
    saved = list(used.model.state_dict())
    fresh: dict[tuple, torch.Tensor] = {}
    for number, ids in enumerate(calls):
        tokens = used.input_ids[:, : ids.shape[1]]
        key = tuple(ids.flatten().tolist())
        with torch.no_grad():
            if key not in fresh:
                fresh[key] = run_model(build_model(spec, case), tokens, ids)
            got = run_model(used.model, tokens, ids)
        error = (got - fresh[key]).abs().max().item()
        verdict.require(
            torch.equal(got, fresh[key]),
            f"outputs of call {number + 1} of calls up to positions {[int(x.max()) for x in calls]}",
            "bit-equal to those of a model that never ran",
            f"off by up to {error:.3g}",
        )
    saved_now = list(used.model.state_dict())
    verdict.require(saved_now == saved, "names in state_dict() after these calls", saved, saved_now)
    verdict.require(len({x.sum().item() for x in fresh.values()}) > 1, "outputs of calls", "different", "the same")
