"""Angles stay right: far out, in narrow types, and when a model is cast."""

import tempfile

import torch

from .. import positions
from ..capture import Attention
from ..description import Case, Description
from ..frequencies import looks_angles_up
from ..probe import Probe, probe, run_model
from ..reference import inverse_frequencies
from ..tiny import MAX_POSITION_EMBEDDINGS, build_model
from ..verdict import Verdict
from .assertions import require_turned
from .registry import FEW_HEADS, U, few_widths, rope_property


_NARROW = {torch.bfloat16: 2.0**-8, torch.float16: 2.0**-11}  # and their unit roundoffs


@rope_property("R5", head_dims=FEW_HEADS, widths=few_widths)
def check_far(description: Description, case: Case, verdict: Verdict) -> None:
    """At positions up to 2^17 the rotation is the reference's.

    Tolerance: that of `rotation`, which grows with the position by the rounding of the angle to float32.
    """
    model = build_model(description, case, max_positions=_length(description, case))
    _require_far(description, case, verdict, model, U, "")


@rope_property("R2", head_dims=FEW_HEADS, widths=few_widths)
def check_precision(description: Description, case: Case, verdict: Verdict) -> None:
    """A model built in bfloat16 or float16, as `from_config(dtype=...)` builds it, has angles from float32."""
    for dtype, rounding in _NARROW.items():
        model = build_model(description, case, max_positions=_length(description, case), dtype=dtype)
        _require_far(description, case, verdict, model, rounding, f", built in {dtype}")


@rope_property("R2", head_dims=FEW_HEADS, widths=few_widths)
def check_loaded_precision(description: Description, case: Case, verdict: Verdict) -> None:
    """A model loaded in bfloat16 or float16 has angles from float32."""
    with tempfile.TemporaryDirectory() as folder:
        build_model(description, case, max_positions=_length(description, case)).save_pretrained(folder)
        for dtype, rounding in _NARROW.items():
            # Under the name that this and older releases know.
            model = description.entered_class.from_pretrained(folder, torch_dtype=dtype, attn_implementation="eager")
            loaded = next(model.parameters()).dtype
            verdict.require(loaded == dtype, "type of the model that was loaded", dtype, loaded)
            _require_far(description, case, verdict, model.eval(), rounding, f", loaded in {dtype}")


@rope_property("R2", head_dims=FEW_HEADS, widths=few_widths)
def check_cast(description: Description, case: Case, verdict: Verdict) -> None:
    """`model.to(dtype)` and `.half()` leave the angles as right as they were.

    So do moves to an accelerator and back, in the same type and in a narrow one, where there is one.
    """
    _require_moved(description, case, verdict)
    for dtype, rounding in _NARROW.items():
        model = build_model(description, case, max_positions=_length(description, case))
        model = model.half() if dtype is torch.float16 else model.to(dtype)
        _require_far(description, case, verdict, model, rounding, f", cast to {dtype}")


def _require_moved(description: Description, case: Case, verdict: Verdict) -> None:
    """There and back, with a pass while it is there."""
    if not torch.accelerator.is_available():
        return
    device = torch.accelerator.current_accelerator()
    for dtype, rounding in {torch.float32: U, **_NARROW}.items():
        model = build_model(description, case, max_positions=_length(description, case)).to(device, dtype)
        own = Probe(description, case, model)
        with torch.no_grad():
            run_model(model, own.input_ids.to(device), positions.gapped().to(device))
        _require_far(description, case, verdict, model.to("cpu"), rounding, f", moved to {device} in {dtype} and back")


def _length(description: Description, case: Case) -> int:
    """Positions to configure a model for: a table must hold them all; elsewhere a mask may be as long squared."""
    return positions.FAR + 1 if looks_angles_up(probe(description, case).model) else MAX_POSITION_EMBEDDINGS


def _require_far(
    description: Description, case: Case, verdict: Verdict, model: torch.nn.Module, rounding: float, how: str
) -> None:
    own = Probe(description, case, model)
    ids = positions.far()
    inv_freq, factor = inverse_frequencies(case.n, description.width.base)
    still, turned = (_wide(own.attention(x)) for x in (positions.zeros(), ids))
    pattern = f"up to {int(ids.max())}{how}"
    require_turned(description, case, verdict, pattern, still, turned, ids, inv_freq, factor, rounding)


def _wide(attention: Attention) -> Attention:
    return Attention(attention.module, attention.query.double(), attention.key.double())
