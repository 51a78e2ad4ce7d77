"""A model outlives itself: saved, copied, pickled, it is the same model."""

import copy
import importlib.util
import pickle
import tempfile

import torch

from ...core.verdict import Verdict
from ...harness import positions
from ...harness.probe import probe, run_model
from ..case import Case
from ..properties import FEW_HEADS, always_asked, few_widths, full_width, odd_width, rope_property
from ..spec import RotarySpec
from .assertions import require_no_saved_table


@rope_property("R7", head_dims=FEW_HEADS, widths=few_widths)
def check_saved_model(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Saved and loaded, which builds it without memory and fills it, a model gives bit-equal outputs."""
    with tempfile.TemporaryDirectory() as folder:
        probe(spec, case).model.save_pretrained(folder)
        loaded = spec.adapted_class.from_pretrained(folder, attn_implementation="eager").float().eval()
    _require_same(spec, case, verdict, "saved and loaded", loaded)


@rope_property("R7", head_dims=FEW_HEADS, widths=odd_width)
def check_copies(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Copied by `deepcopy` and by pickle, a model gives bit-equal outputs."""
    model = probe(spec, case).model
    _require_same(spec, case, verdict, "copied", copy.deepcopy(model))
    _require_same(spec, case, verdict, "pickled", pickle.loads(pickle.dumps(model)))


@rope_property("R7", head_dims=FEW_HEADS, widths=full_width, excluded=always_asked)
def check_state(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """What a model saves holds no table that the config determines: loaded under another config, it would win."""
    (narrow,) = spec.cases_of(case.head_dim // 2, case.head_dim // 2)[:1]
    require_no_saved_table(verdict, spec, case, narrow)


@rope_property("R7", head_dims=FEW_HEADS, widths=few_widths)
def check_meta(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Built without memory, a model that is given its weights gives bit-equal outputs, or fails by an error.

    Tables are no weights: `load_state_dict(assign=True)` leaves them without memory, and then a pass must end in an
    error, never in other numbers. Loaded to a device by `device_map`, where accelerate is installed, it is as it was.
    """
    model = probe(spec, case).model
    with torch.device("meta"):
        bare = spec.adapted_class(copy.deepcopy(model.config)).eval()
    bare.load_state_dict(model.state_dict(), assign=True)
    if _runs(spec, case, bare):
        _require_same(spec, case, verdict, "built without memory and given its weights", bare)
    placed = {"device_map": "cpu"} if importlib.util.find_spec("accelerate") else {}
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        loaded = spec.adapted_class.from_pretrained(folder, attn_implementation="eager", **placed)
    _require_same(spec, case, verdict, f"loaded with {placed}", loaded.float().eval())


def _runs(spec: RotarySpec, case: Case, model: torch.nn.Module) -> bool:
    """Whether a pass ends in numbers: not in an error, nor in a tensor without memory."""
    with torch.no_grad():
        try:
            return not run_model(model, probe(spec, case).input_ids, positions.gapped()).is_meta
        except Exception:
            return False


def _require_same(spec: RotarySpec, case: Case, verdict: Verdict, how: str, model: torch.nn.Module) -> None:
    probed = probe(spec, case)
    ids = positions.gapped()
    expected = probed.outputs(ids)
    verdict.require(
        not torch.equal(expected, probed.outputs(positions.consecutive())),
        "outputs at other positions: were they the same, equality would prove nothing",
        "different",
        "bit-equal",
    )
    # What is mapped from a file lies at any address, and some processors add up in another order where rows are not
    # aligned: weights are brought to memory of their own.
    for weight in model.parameters():
        weight.data = weight.data.clone()
    with torch.no_grad():
        got = run_model(model, probed.input_ids, ids)
    error = (got - expected).abs().max().item()
    verdict.require(
        torch.equal(got, expected), f"outputs of the model {how}", "bit-equal", f"off by up to {error:.3g}"
    )
