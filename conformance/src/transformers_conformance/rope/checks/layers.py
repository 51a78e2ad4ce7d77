"""Layers: every one rotates, by the parameters of its type, but those that the config says have no RoPE."""

from dataclasses import replace

import torch

from ...core.verdict import Verdict
from ...harness import positions
from ...harness.capture import Attention
from ...harness.probe import Probe, probe
from ...harness.sizes import MAX_POSITION_EMBEDDINGS
from ...harness.tiny import build_model
from ..case import Case
from ..layer_types import layer_types
from ..layers import layers_with_windows, layers_without_rope
from ..properties import FEW_HEADS, few_widths, rope_property, without_position_ids
from ..reference import inverse_frequencies
from ..rope_types import scaling_parameters
from ..spec import RotarySpec
from ..width import factor_for
from .assertions import require_turned


def without_layer_types(spec: RotarySpec) -> str | None:
    name = spec.config_class.__name__
    if spec.width.key != "partial_rotary_factor":
        return f"{name} has one rotary width for all types of layers"
    if not layer_types(spec):
        return f"{name} has no rotary parameters by type of layer"
    return without_position_ids(spec)


@rope_property("R3", head_dims=FEW_HEADS, widths=few_widths)
def check_layers(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """q and k of every layer are the reference's rotation; where the config says that it has none, they are bit-equal.

    Attention is made uniform, so what a layer gets does not depend on positions. Where the config takes
    `no_rope_layers`, also with a first layer that has none; where layers with a sliding window have a base of their
    own, also with half the base for them.
    """
    _require_layers(spec, case, verdict, probe(spec, case))
    if "no_rope_layers" in spec.fields:
        mixed = Probe(spec, case, build_model(spec, case, no_rope_layers=[0, 1]))
        stated = sorted(layers_without_rope(mixed.model.config))
        verdict.require(stated == [0], "layers that the config says have no RoPE", [0], stated)
        _require_layers(spec, case, verdict, mixed)
    local_base_key = getattr(spec.width, "local_base_key", None)
    if local_base_key is not None:
        bases = {local_base_key: spec.width.base / 2}
        _require_layers(spec, case, verdict, Probe(spec, case, build_model(spec, case, **bases)))


@rope_property("R6", head_dims=FEW_HEADS, widths=few_widths, excluded=without_layer_types)
def check_layer_types(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Where a config has rotary parameters for each type of layer, a layer rotates by the parameters of its own.

    Each type has half the base of the one before, and a channel more, as far as the head goes. Then one type is scaled
    by "yarn" and the others are not, each of them in turn.
    """
    _require_own_tables(spec, case, verdict, scaled=None)
    if "yarn" in spec.supported_rope_types:
        for kind in layer_types(spec):
            _require_own_tables(spec, case, verdict, scaled=kind)


def _require_own_tables(spec: RotarySpec, case: Case, verdict: Verdict, scaled: str | None) -> None:
    kinds = layer_types(spec)
    yarn = scaling_parameters(replace(case, rope_type="yarn"))
    asked = {}
    for index, kind in enumerate(kinds):
        n, base = min(case.n + index, case.head_dim), spec.width.base / 2**index
        asked[kind] = n, base, yarn if kind == scaled else None
    parameters = {
        kind: {"rope_type": "default"}
        | dict(scaling or {})
        | {"rope_theta": base, "partial_rotary_factor": factor_for(n, case.head_dim)}
        for kind, (n, base, scaling) in asked.items()
    }
    sizes = {"num_hidden_layers": len(kinds), "layer_types": list(kinds)}
    own = Probe(spec, case, build_model(spec, case, rope_parameters=parameters, **sizes))
    plain = {kind: {**of_kind, "rope_type": "default"} for kind, of_kind in parameters.items()}
    unscaled = Probe(spec, case, build_model(spec, case, rope_parameters=plain, **sizes))
    ids = positions.different_per_row()
    still, turned = unscaled.layers(positions.zeros()), own.layers(ids)
    verdict.require(len(turned) == len(kinds), "attention layers that ran", len(kinds), len(turned))
    for index, (kind, (n, base, scaling)) in enumerate(asked.items()):
        inv_freq, factor = inverse_frequencies(n, base, scaling, max_position_embeddings=MAX_POSITION_EMBEDDINGS)
        layer = f"layer {index} ({kind}, n={n}, base {base}, {'yarn' if scaling else 'default'})"
        require_turned(
            spec,
            case,
            verdict,
            "different per row",
            still[index],
            turned[index],
            ids,
            inv_freq,
            factor,
            layer=layer,
        )


def _require_layers(spec: RotarySpec, case: Case, verdict: Verdict, probed: Probe) -> None:
    ids = positions.different_per_row()
    still, turned = probed.layers(positions.zeros()), probed.layers(ids)
    without = layers_without_rope(probed.model.config)
    local_base = getattr(probed.model.config, getattr(spec.width, "local_base_key", None) or "", None)
    for index, (before, after) in enumerate(zip(still, turned, strict=True)):
        if index in without:
            _require_unmoved(verdict, index, before, after)
            continue
        has_own = local_base is not None and index in layers_with_windows(probed.model.config)
        inv_freq, factor = inverse_frequencies(case.n, local_base if has_own else spec.width.base)
        require_turned(
            spec,
            case,
            verdict,
            "different per row",
            before,
            after,
            ids,
            inv_freq,
            factor,
            layer=f"layer {index}",
        )


def _require_unmoved(verdict: Verdict, index: int, before: Attention, after: Attention) -> None:
    for name in ("query", "key"):
        x, y = getattr(before, name), getattr(after, name)
        verdict.require(
            torch.equal(x, y),
            f"layer {index}'s {name}, which the config says has no RoPE",
            "bit-equal at all positions",
            f"off by up to {(x - y).abs().max().item():.3g}",
        )
