"""Another implementation of attention, a compiled one, an exported one: the same rotation."""

import copy

import torch

from ...core.verdict import Verdict
from ...harness import positions
from ...harness.decoding import padded, run_masked
from ...harness.implementations import obstacle, uncompiled_flex
from ...harness.probe import Probe, probe
from ...harness.sizes import SEQUENCE_LENGTH
from ...harness.tiny import build_model
from ...harness.tolerances import require_positions_seen, rounding_tolerance
from ...harness.tracing import calls_at, first_tensor
from ..case import Case
from ..frequencies import table_holders
from ..properties import FEW_HEADS, few_widths, full_width, odd_width, rope_property, without_a_mask
from ..spec import RotarySpec


def without_sdpa(spec: RotarySpec) -> str | None:
    return obstacle(spec, "sdpa") or without_a_mask(spec)


def without_flex(spec: RotarySpec) -> str | None:
    return without_a_mask(spec) or obstacle(spec, "flex_attention")


@rope_property("R7", head_dims=FEW_HEADS, widths=few_widths, excluded=without_sdpa)
def check_sdpa(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Under `attn_implementation="sdpa"`, outputs are those of eager attention, padding on the left included."""
    _require_as_eager(spec, case, verdict, "sdpa")


@rope_property("R5", head_dims=FEW_HEADS, widths=full_width, excluded=without_a_mask)
def check_unmasked(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Without an attention mask, positions with gaps mean what they mean with a mask of ones, eager and under sdpa."""
    probed = probe(spec, case)
    ids = positions.gapped()
    tolerance = rounding_tolerance(probed, ids)
    require_positions_seen(verdict, probed, tolerance)
    fused = [] if without_sdpa(spec) else [build_model(spec, case, attn_implementation="sdpa")]
    for how, model in zip(("eager", "sdpa"), (probed.model, *fused), strict=False):
        with torch.no_grad():
            outputs = model(input_ids=probed.input_ids, position_ids=ids)[0]
        verdict.require_close(f"outputs without a mask, {how}", outputs, probed.outputs(ids), tolerance)


@rope_property("R7", head_dims=FEW_HEADS, widths=odd_width, excluded=without_flex)
def check_flex(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Under `attn_implementation="flex_attention"`, outputs are those of eager attention, padding included.

    Flex attention is not compiled here, which takes a minute and changes no rotation.
    """
    with uncompiled_flex():
        _require_as_eager(spec, case, verdict, "flex_attention")


@rope_property("R7", head_dims=FEW_HEADS, widths=odd_width)
def check_compiled(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Compiled, the module that makes the angles and the attention that rotates are one graph each, without a break.

    At other positions, the same graphs give what the modules give. By `torch.compile(fullgraph=True)`; its default
    backend would fuse the graphs, and takes seconds. Dynamic NTK and LongRoPE choose by the positions at hand, so they
    cannot be one graph.
    """
    probed = probe(spec, case)
    modules = _rotary_path(probed)
    calls = [calls_at(probed, modules, ids) for ids in (positions.gapped(), positions.different_per_row())]
    for module in modules:
        graphs: list[torch.fx.GraphModule] = []

        def keep(graph: torch.fx.GraphModule, inputs: list[torch.Tensor], graphs: list = graphs):
            graphs.append(graph)
            return graph.forward

        torch.compiler.reset()  # it counts the graphs of a function, whichever model it is of
        # Of a copy: what torch, or lightning, sets on a compiled module stands on the module itself.
        compiled = torch.compile(copy.deepcopy(module), fullgraph=True, backend=keep)
        _require_as_called(verdict, "compiled", module, compiled, [call[module] for call in calls])
        verdict.require(len(graphs) == 1, f"graphs of {type(module).__name__}", 1, len(graphs))


@rope_property("R7", head_dims=FEW_HEADS, widths=odd_width)
def check_exported(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """An attention module that was exported at some positions gives what it gives itself at others."""
    probed = probe(spec, case)
    attention = _rotary_path(probed)[-1]
    calls = [
        calls_at(probed, [attention], ids)[attention] for ids in (positions.gapped(), positions.different_per_row())
    ]
    args, kwargs = calls[0]
    with torch.no_grad():
        exported = torch.export.export(attention, args, kwargs).module()
    _require_as_called(verdict, "exported", attention, exported, calls)


def _require_as_eager(spec: RotarySpec, case: Case, verdict: Verdict, implementation: str) -> None:
    probed = probe(spec, case)
    ids = positions.different_per_row()
    tolerance = rounding_tolerance(probed, ids)
    require_positions_seen(verdict, probed, tolerance)
    fused = build_model(spec, case, attn_implementation=implementation)
    everything = torch.ones_like(probed.input_ids)
    outputs = run_masked(fused, probed.input_ids, everything, ids)
    verdict.require_close(f"outputs under {implementation}", outputs, probed.outputs(ids), tolerance)
    row, mask, position_ids, tokens = padded(probed.input_ids[:1, :7], SEQUENCE_LENGTH, "left")
    got, expected = (run_masked(model, row, mask, position_ids)[:, tokens] for model in (fused, probed.model))
    verdict.require_close(f"outputs of a padded row under {implementation}", got, expected, tolerance)


def _require_as_called(verdict: Verdict, how: str, module: torch.nn.Module, changed, calls: list) -> None:
    """What `changed` gives for each of the calls is what the module gives."""
    name = type(module).__name__
    expected = []
    for number, (args, kwargs) in enumerate(calls):
        with torch.no_grad():
            outputs, own = (first_tensor(called(*args, **kwargs)) for called in (changed, module))
        expected.append(own)
        error = (outputs - own).abs().max().item()
        verdict.require(
            torch.equal(outputs, own),
            f"what {name} gives {how}, at positions {number + 1} of {len(calls)}",
            "bit-equal",
            f"off by up to {error:.3g}",
        )
    verdict.require(
        not torch.equal(*expected),
        f"what {name} gives at other positions",
        "different",
        "the same, which proves nothing",
    )


def _rotary_path(probed: Probe) -> list[torch.nn.Module]:
    """The first attention module with RoPE, last, and the module that makes its angles before it, if there is one."""
    attention = probed.attention(positions.zeros()).module
    called = [*calls_at(probed, [*table_holders(probed.model), attention], positions.zeros())]
    return called[: called.index(attention) + 1]
