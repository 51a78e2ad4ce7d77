"""Angles stay right: far out, in narrow types, and when a model is cast."""

import tempfile

import torch

from ...core.rounding import U
from ...core.verdict import Verdict
from ...harness import positions
from ...harness.capture import Attention
from ...harness.probe import Probe, probe, run_model
from ...harness.sizes import MAX_POSITION_EMBEDDINGS
from ...harness.tiny import build_model
from ..case import Case
from ..frequencies import looks_angles_up
from ..properties import FEW_HEADS, few_widths, rope_property
from ..reference import inverse_frequencies
from ..spec import RotarySpec
from .assertions import require_turned


_NARROW = {torch.bfloat16: 2.0**-8, torch.float16: 2.0**-11}  # and their unit roundoffs


@rope_property("R5", head_dims=FEW_HEADS, widths=few_widths)
def check_far(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """At positions up to 2^17 the rotation is the reference's.

    Tolerance: that of `rotation`, which grows with the position by the rounding of the angle to float32.
    """
    model = build_model(spec, case, max_positions=_length(spec, case))
    _require_far(spec, case, verdict, model, U, "")


@rope_property("R2", head_dims=FEW_HEADS, widths=few_widths)
def check_precision(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """A model built in bfloat16 or float16, as `from_config(dtype=...)` builds it, has angles from float32."""
    for dtype, rounding in _NARROW.items():
        model = build_model(spec, case, max_positions=_length(spec, case), dtype=dtype)
        _require_far(spec, case, verdict, model, rounding, f", built in {dtype}")


@rope_property("R2", head_dims=FEW_HEADS, widths=few_widths)
def check_loaded_precision(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """A model loaded in bfloat16 or float16 has angles from float32."""
    with tempfile.TemporaryDirectory() as folder:
        build_model(spec, case, max_positions=_length(spec, case)).save_pretrained(folder)
        for dtype, rounding in _NARROW.items():
            # Under the name that this and older releases know.
            model = spec.adapted_class.from_pretrained(folder, torch_dtype=dtype, attn_implementation="eager")
            loaded = next(model.parameters()).dtype
            verdict.require(loaded == dtype, "type of the model that was loaded", dtype, loaded)
            _require_far(spec, case, verdict, model.eval(), rounding, f", loaded in {dtype}")


@rope_property("R2", head_dims=FEW_HEADS, widths=few_widths)
def check_cast(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """`model.to(dtype)` and `.half()` leave the angles as right as they were.

    So do moves to an accelerator and back, in the same type and in a narrow one, where there is one.
    """
    _require_moved(spec, case, verdict)
    for dtype, rounding in _NARROW.items():
        model = build_model(spec, case, max_positions=_length(spec, case))
        model = model.half() if dtype is torch.float16 else model.to(dtype)
        _require_far(spec, case, verdict, model, rounding, f", cast to {dtype}")


def _require_moved(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """There and back, with a pass while it is there."""
    if not torch.accelerator.is_available():
        return
    device = torch.accelerator.current_accelerator()
    for dtype, rounding in {torch.float32: U, **_NARROW}.items():
        model = build_model(spec, case, max_positions=_length(spec, case)).to(device, dtype)
        own = Probe(spec, case, model)
        with torch.no_grad():
            run_model(model, own.input_ids.to(device), positions.gapped().to(device))
        _require_far(spec, case, verdict, model.to("cpu"), rounding, f", moved to {device} in {dtype} and back")


def _length(spec: RotarySpec, case: Case) -> int:
    """Positions to configure a model for: a table must hold them all; elsewhere a mask may be as long squared."""
    return positions.FAR + 1 if looks_angles_up(probe(spec, case).model) else MAX_POSITION_EMBEDDINGS


def _require_far(
    spec: RotarySpec, case: Case, verdict: Verdict, model: torch.nn.Module, rounding: float, how: str
) -> None:
    own = Probe(spec, case, model)
    ids = positions.far()
    inv_freq, factor = inverse_frequencies(case.n, spec.width.base)
    still, turned = (_wide(own.attention(x)) for x in (positions.zeros(), ids))
    pattern = f"up to {int(ids.max())}{how}"
    require_turned(spec, case, verdict, pattern, still, turned, ids, inv_freq, factor, rounding)


def _wide(attention: Attention) -> Attention:
    return Attention(attention.module, attention.query.double(), attention.key.double())
