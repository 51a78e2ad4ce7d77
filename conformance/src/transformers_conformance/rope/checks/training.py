"""Gradients run through the rotation, with checkpointing and without."""

import warnings
from collections.abc import Callable
from functools import wraps

import numpy as np
import torch

from ...core.rounding import U
from ...core.verdict import Verdict
from ...harness import positions
from ...harness.probe import Probe, probe, run_model
from ...harness.projections import hooked, projections, projects_by_experts
from ...harness.tiny import build_model
from ..case import Case
from ..properties import FEW_HEADS, few_widths, odd_width, rope_property, without_position_ids
from ..reference import inverse_frequencies, rotate
from ..spec import RotarySpec
from .assertions import rotation_tolerance


def without_checkpointing(spec: RotarySpec) -> str | None:
    if not getattr(spec.model_class, "supports_gradient_checkpointing", False):
        return f"{spec.model_class.__name__} does not say that it supports gradient checkpointing"
    try:
        modules = probe(spec, spec.cases_of(FEW_HEADS[0], FEW_HEADS[0])[0]).model.modules()
    except Exception:
        return None  # a model that fails to build is not excused
    if not any(hasattr(module, "gradient_checkpointing") for module in modules):
        return f"{spec.model_class.__name__} has no part that checkpointing can be turned on for"
    return None


@rope_property("R7", head_dims=FEW_HEADS, widths=few_widths, excluded=without_checkpointing)
def check_checkpointing(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """In training, recomputed layers give the outputs and the gradients of layers that are kept.

    The same sums in the same order: outputs are bit-equal. Gradients add up in another order where a parameter is used
    twice; they may be off by eight roundings of the largest one. Every layer must have been recomputed, whole or in as
    many parts as any other.
    """
    plain, recomputed = (build_model(spec, case).train() for _ in range(2))
    with warnings.catch_warnings():
        # Newer releases have another name for it, which older ones lack.
        warnings.simplefilter("ignore", FutureWarning)
        # As the 5.x releases have it by default: without a gradient to follow, torch may multiply in another order.
        recomputed.gradient_checkpointing_enable({"use_reentrant": False})
    calls = _count_checkpoints(recomputed)
    outputs, gradients = zip(*(_train(spec, case, model) for model in (plain, recomputed)), strict=True)
    # Where a layer holds two attentions, each of them may count as a hidden layer.
    hidden = recomputed.config.num_hidden_layers
    layers = min(hidden, getattr(recomputed.config, "num_layers", hidden))
    parts, rest = divmod(len(calls), layers)
    verdict.require(parts > 0 and rest == 0, "layers that were recomputed", layers, len(calls))
    error = (outputs[0] - outputs[1]).abs().max().item()
    verdict.require(
        torch.equal(*outputs), "outputs with gradient checkpointing", "bit-equal", f"off by up to {error:.3g}"
    )
    _require_gradients(verdict, "with gradient checkpointing", gradients[1], gradients[0])


@rope_property("R3", head_dims=FEW_HEADS, widths=few_widths)
def check_gradients(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """The gradient of a rotation is the rotation back: `<g, R x>` has the gradients of `<R^T g, x>`.

    For random `g`, the first layer's q and k at real positions and at positions 0 must give every parameter the same
    gradient. Tolerance: the rotation's own, and as many roundings as a parameter's gradient has terms.
    """
    own = probe(spec, case)
    ids = positions.gapped()
    inv_freq, _ = inverse_frequencies(case.n, spec.width.base)
    generator = torch.Generator().manual_seed(1)
    for name in ("query", "key"):
        turned = getattr(own.read(own.input_ids, ids, graph=True), name)
        still = getattr(own.read(own.input_ids, positions.zeros(), graph=True), name)
        g = torch.randn(turned.shape, generator=generator)
        back = torch.tensor(rotate(np.asarray(g), -ids.numpy(), inv_freq, spec.layout), dtype=g.dtype)
        parameters = {name: parameter for name, parameter in own.model.named_parameters() if parameter.requires_grad}
        got, expected, plain = (
            _gradients(x, cotangent, parameters) for x, cotangent in ((turned, g), (still, back), (still, g))
        )
        verdict.require(got.keys() == expected.keys(), f"parameters that move the {name}", [*expected], [*got])
        sizes = {key: gradient.abs().max() for key, gradient in plain.items() if gradient.any()}
        moved = max(((expected[key] - plain[key]).abs().max() / size).item() for key, size in sizes.items())
        verdict.require(
            moved > 0.1, "gradients without rotating back, were they the same, would prove nothing", "> 0.1", moved
        )
        largest = max(gradient.abs().max().item() for gradient in (*expected.values(), *plain.values()))
        for key, gradient in expected.items():
            size = max(gradient.abs().max().item(), plain[key].abs().max().item())
            # By the largest of all, as a gradient may be none but for rounding: that of a bias that a softmax ignores.
            terms = 8 * U * g[:, 0].numel() * largest
            tolerance = terms + rotation_tolerance(np.asarray(size), ids, spec.width.base)
            verdict.require_close(f"gradient of {key} through the {name}", got[key], gradient, tolerance)


def without_linear_projections(spec: RotarySpec) -> str | None:
    """Why what is projected cannot be moved, or None. A model that fails to run is not excused."""
    reason = without_position_ids(spec)
    if reason is not None:
        return reason
    try:
        experts = projects_by_experts(probe(spec, spec.cases_of(FEW_HEADS[0], FEW_HEADS[0])[0]))
    except Exception:
        return None
    return f"{spec.model_class.__name__} projects by experts, and not by linear layers" if experts else None


@rope_property("R3", head_dims=FEW_HEADS, widths=odd_width, excluded=without_linear_projections)
def check_gradcheck(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """The first rotary layer's q and k, by what is projected, have the gradients that differences show, in float64.

    By `torch.autograd.gradcheck`. The step is as large as it is since some models rotate in float32 whatever their own
    type is; rotation is linear, so a large step costs nothing.
    """
    own = Probe(spec, case, build_model(spec, case, dtype=torch.float64))
    linears = projections(own)
    features = sum(linear.out_features for linear in linears)
    ids = positions.gapped()[:1]

    def rotated(moves: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with hooked(linears, lambda first: _added(moves, first)):
            attention = own.read(own.input_ids[:1], ids, graph=True)
        return attention.query, attention.key

    moves = torch.zeros(1, ids.shape[1], features, dtype=torch.float64, requires_grad=True)
    for name, tensor in zip(("query", "key"), rotated(moves), strict=True):
        size = None
        if tensor.requires_grad:  # through what may be one graph for both
            (size,) = torch.autograd.grad(tensor.sum(), moves, allow_unused=True, retain_graph=True)
        verdict.require(
            size is not None and bool(size.any()), f"gradient of the {name} by what is projected", "other than 0", size
        )
    try:
        torch.autograd.gradcheck(rotated, moves, fast_mode=True, eps=1e-3, atol=1e-5, check_undefined_grad=False)
    except torch.autograd.gradcheck.GradcheckError as error:
        verdict.fail("gradients of q and k by what is projected", "those that differences show", error)


def _added(moves: torch.Tensor, first: int) -> Callable:
    def hook(module: torch.nn.Linear, args: tuple, output: torch.Tensor) -> torch.Tensor:
        if output.shape[-2] != moves.shape[-2]:  # of something else than the tokens, such as what precedes them
            return output
        return output + moves[..., first : first + module.out_features]

    return hook


def _gradients(
    x: torch.Tensor, cotangent: torch.Tensor, parameters: dict[str, torch.nn.Parameter]
) -> dict[str, torch.Tensor]:
    """Gradients of `<cotangent, x>` by parameter, of those that it depends on."""
    found = torch.autograd.grad(x, [*parameters.values()], cotangent, retain_graph=True, allow_unused=True)
    return {name: gradient for name, gradient in zip(parameters, found, strict=True) if gradient is not None}


def _train(spec: RotarySpec, case: Case, model: torch.nn.Module) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Outputs of a training pass, and the gradient of the sum of their squares by parameter.

    Without a cache, as checkpointing has it: keys that come out of one lie otherwise in memory, and some processors
    add up what they are multiplied with in another order.
    """
    own = Probe(spec, case, model)
    outputs = run_model(model, own.input_ids, positions.gapped(), keeps_cache=False)
    (outputs * torch.linspace(-1, 1, outputs.shape[-1])).sum().backward()
    return outputs.detach(), {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def _require_gradients(
    verdict: Verdict, how: str, got: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]
) -> None:
    verdict.require(got.keys() == expected.keys(), f"parameters with a gradient {how}", [*expected], [*got])
    verdict.require(bool(expected), "parameters with a gradient", "some", "none")
    for name, gradient in expected.items():
        given, wanted = got[name].double(), gradient.double()  # NumPy knows no bfloat16
        verdict.require_close(f"gradient of {name} {how}", given, wanted, 8 * U * wanted.abs().max().item())


def _count_checkpoints(model: torch.nn.Module) -> list[None]:
    """A list that grows by one for every part of a model that is checkpointed."""
    calls: list[None] = []

    def counted(checkpoint: Callable) -> Callable:
        @wraps(checkpoint)
        def call(*args, **kwargs):
            calls.append(None)
            return checkpoint(*args, **kwargs)

        return call

    for module in model.modules():
        if hasattr(module, "_gradient_checkpointing_func"):
            module._gradient_checkpointing_func = counted(module._gradient_checkpointing_func)
    return calls
