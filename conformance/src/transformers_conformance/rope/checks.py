"""The properties, each a plain function over a description and a case.

A check returns None, or raises `ConformanceError` citing the rule. `PROPERTIES` lists them all, by name.

Tolerances are derived from the unit roundoff of float32, `U = 2^-24`, and said where they are used. q and k are read
at all positions 0 and at real positions; since the first layer's input does not depend on positions, the one must be
the rotation of the other. What cannot be seen so is a constant added to every position: scores do not depend on it.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps

import numpy as np
import torch

from . import positions
from .capture import Attention
from .description import Case, Description
from .frequencies import kept_attention_factors, kept_frequencies
from .messages import collected_messages
from .probe import SEQUENCE_LENGTH, Probe, probe
from .reference import inverse_frequencies, pair_channels, rotate
from .tiny import MAX_POSITION_EMBEDDINGS, ORIGINAL_MAX_POSITION_EMBEDDINGS, build_model, scaling_parameters
from .verdict import ConformanceError, Verdict


U = 2.0**-24
# A channel counts as rotated when positions change it by more than this share of the largest value.
VISIBLE = 1e-3


@dataclass(frozen=True)
class Property:
    """One property and where it can be judged.

    Args:
        name: its name, as in messages and in names of tests.
        rule: the rule of the contract that it proves.
        check: raises `ConformanceError` where a case breaks it.
        widths: the rotary widths of a head of `D` channels at which it says something.
        scaled: judged for each scaled rope type instead of the default one.
        needs_position_ids: compares runs at chosen positions.
    """

    name: str
    rule: str
    check: Callable[[Description, Case], None]
    widths: Callable[[int], Iterable[int]]
    scaled: bool
    needs_position_ids: bool

    def not_applicable(self, description: Description) -> str | None:
        """Why this property cannot be asked of a model, or None."""
        if self.scaled and not description.askable_rope_types:
            return f"{description.config_class.__name__} has no key for a rope type"
        if self.needs_position_ids and not description.takes_position_ids:
            return f"{description.model_class.__name__}.forward takes no position_ids"
        return None


PROPERTIES: dict[str, Property] = {}


def _every_width(head_dim: int) -> range:
    return range(head_dim + 1)


def _with_a_pair(head_dim: int) -> range:
    return range(2, head_dim + 1)


def _property(
    rule: str,
    widths: Callable[[int], Iterable[int]] = _every_width,
    scaled: bool = False,
    needs_position_ids: bool = True,
):
    def register(judge: Callable[[Description, Case, Verdict], None]) -> Callable[[Description, Case], None]:
        name = judge.__name__.removeprefix("check_")

        @wraps(judge)
        def check(description: Description, case: Case) -> None:
            verdict = Verdict(rule, name, description, case)
            try:
                judge(description, case, verdict)
            except ConformanceError:
                raise
            except Exception as error:
                got = f"{type(error).__name__}: {error}"
                raise verdict.error("the model builds and runs", "no error", got) from error

        PROPERTIES[name] = Property(name, rule, check, widths, scaled, needs_position_ids)
        return check

    return register


@_property("R1")
def check_forward(description: Description, case: Case, verdict: Verdict) -> None:
    """The model runs, its outputs are finite, and its first attention layer turns channels `0 .. 2m-1` alone."""
    probed = probe(description, case)
    verdict.require(
        bool(probed.outputs(positions.consecutive()).isfinite().all()), "outputs", "finite", "infinite or NaN"
    )
    still, turned = probed.attention(positions.zeros()), probed.attention(positions.gapped())
    for name in ("query", "key"):
        before, after = getattr(still, name), getattr(turned, name)
        change = (after - before).abs().amax(dim=(0, 1, 2))
        measured = [i for i, size in enumerate(change) if size > VISIBLE * before.abs().max()]
        verdict.require(
            measured == list(range(case.rotated)),
            f"channels of the first layer's {name} that positions change",
            list(range(case.rotated)),
            measured,
        )


@_property("R2", needs_position_ids=False)
def check_frequencies(description: Description, case: Case, verdict: Verdict) -> None:
    """Every table that the model keeps has `n // 2` entries `b^(-2i/n)`.

    Tolerance, relative: the exponent is rounded once, which the power magnifies by `ln b`; the power and the
    reciprocal add a few roundings.
    """
    expected, _ = inverse_frequencies(case.n, description.width.base)
    _require_tables(verdict, build_model(description, case), expected, description.width.base)


@_property("R3")
def check_rotation(description: Description, case: Case, verdict: Verdict) -> None:
    """At consecutive positions, the first layer's q and k are the reference's rotation of the unrotated ones."""
    _require_rotation(description, case, verdict, "consecutive", positions.consecutive())


@_property("R1")
def check_passing(description: Description, case: Case, verdict: Verdict) -> None:
    """Channels `2m` and above are the same at all positions, bit by bit."""
    probed = probe(description, case)
    still, turned = probed.attention(positions.zeros()), probed.attention(positions.gapped())
    for name in ("query", "key"):
        before, after = getattr(still, name)[..., case.rotated :], getattr(turned, name)[..., case.rotated :]
        error = (after - before).abs().max().item() if before.numel() else 0.0
        verdict.require(
            torch.equal(before, after),
            f"channels {case.rotated} and above of the first layer's {name}",
            "bit-equal at all positions",
            f"off by up to {error:.3g}",
        )


@_property("R1", widths=_with_a_pair)
def check_norms(description: Description, case: Case, verdict: Verdict) -> None:
    """Rotation keeps the norm of every pair. Tolerance: eight roundings of products of the largest value."""
    probed = probe(description, case)
    still, turned = probed.attention(positions.zeros()), probed.attention(positions.gapped())
    first, second = pair_channels(case.n // 2, description.layout)
    for name in ("query", "key"):
        before, after = (np.asarray(getattr(run, name), dtype=np.float64) for run in (still, turned))
        norms = [np.hypot(x[..., first], x[..., second]) for x in (after, before)]
        verdict.require_close(f"norms of the {name}'s pairs", *norms, 8 * U * norms[1].max())


@_property("R5")
def check_shift(description: Description, case: Case, verdict: Verdict) -> None:
    """A constant added to all positions changes no output; without a pair, no positions change a single bit.

    Tolerance: the largest angle of a shifted run is `p` radians (the first frequency is 1), rounded to `p * U`; with
    the few roundings of the rotation this is the relative error of q and k. The model's own sensitivity to such an
    error, measured at random, turns it into one of the outputs, with a factor of 8 for chance.
    """
    probed = probe(description, case)
    base = probed.outputs(positions.consecutive())
    backwards = (probed.outputs(positions.reversed_order()) - base).abs().max().item()
    far = MAX_POSITION_EMBEDDINGS - SEQUENCE_LENGTH
    if case.n < 2:
        shifted = probed.outputs(positions.consecutive(far))
        verdict.require(
            backwards == 0.0 and torch.equal(shifted, base),
            "without a pair to rotate, outputs at other positions",
            "bit-equal",
            f"off by up to {max(backwards, (shifted - base).abs().max().item()):.3g}",
        )
        return
    sensitivity = probed.sensitivity(positions.consecutive())
    for shift in (1, 7, far):
        tolerance = 8 * sensitivity * U * (8 + shift + SEQUENCE_LENGTH)
        shifted = probed.outputs(positions.consecutive(shift))
        verdict.require(
            backwards > 2 * tolerance,
            "outputs at reversed positions: were they the same, a shift would prove nothing",
            f"other by more than {2 * tolerance:.3g}",
            f"{backwards:.3g}",
        )
        verdict.require_close(f"outputs after a shift of {shift}", shifted, base, tolerance)


@_property("R5", widths=_with_a_pair)
def check_positions(description: Description, case: Case, verdict: Verdict) -> None:
    """Positions are taken as given: falling, with gaps, different in each row, one row for the whole batch."""
    _require_rotation(description, case, verdict, "falling, [1, seq]", positions.reversed_order())
    _require_rotation(description, case, verdict, "gapped", positions.gapped())
    _require_rotation(description, case, verdict, "different per row", positions.different_per_row())


@_property("R5", widths=_with_a_pair)
def check_heads(description: Description, case: Case, verdict: Verdict) -> None:
    """Each head rotates alone: what moves one feature of a projection moves the same heads at all positions.

    Row `f + 1` of a batch gets its `f`-th projected feature moved by 1, row 0 none. Rotation keeps the size of a
    change, so "moved" means by more than a hundredth of it. Nothing here depends on the layout.
    """
    probed = probe(description, case)
    attention = probed.attention(positions.zeros()).module
    linears = [module for module in attention.modules() if isinstance(module, torch.nn.Linear)]
    rows = 1 + sum(linear.out_features for linear in linears)
    input_ids = probed.input_ids[:1].expand(rows, -1)
    hooks, row = [], 1
    for linear in linears:
        hooks.append(linear.register_forward_hook(_moved_features(row)))
        row += linear.out_features
    try:
        still, turned = (probed.read(input_ids, ids) for ids in (positions.zeros(), positions.gapped()[:1]))
    finally:
        for hook in hooks:
            hook.remove()
    for name in ("query", "key"):
        before, after = (
            (x - x[:1]).abs().amax(dim=(2, 3)) > 0.01 for x in (getattr(still, name), getattr(turned, name))
        )
        told = before.any(dim=1) & ~before.all(dim=1)
        verdict.require(
            bool(told.any()), f"projected features that move some heads of the {name}, not all", "at least one", "none"
        )
        different = (before != after).any(dim=1).nonzero().flatten().tolist()
        if different:
            feature = different[0]
            heads = [x[feature].nonzero().flatten().tolist() for x in (before, after)]
            verdict.fail(f"heads of the {name} that projected feature {feature - 1} moves", *heads)


@_property("R1", widths=lambda head_dim: (1,), needs_position_ids=False)
def check_warning(description: Description, case: Case, verdict: Verdict) -> None:
    """One rotary channel makes no pair: building the model says so, naming the key and the value."""
    with collected_messages() as messages:
        build_model(description, case)
    key = description.width.key
    verdict.require(
        any(key in message and str(case.value) in message for message in messages),
        "warnings while the model is built",
        f"one that names {key!r} and {case.value!r}",
        messages,
    )


@_property("R6", widths=lambda head_dim: (head_dim,), needs_position_ids=False)
def check_range(description: Description, case: Case, verdict: Verdict) -> None:
    """A width that no head has is refused before any pass, by an error that names the key and the value."""
    for value in description.width.out_of_range(case.head_dim):
        refused = Case(case.head_dim, case.n, value)
        _require_refusal(description, refused, verdict, (description.width.key, str(value)))


@_property("R2", scaled=True)
def check_scaled(description: Description, case: Case, verdict: Verdict) -> None:
    """Under a scaled rope type: the tables, the factor on the attention, and the rotation past the configured length.

    What the default type gives at all positions 0, with the same weights, is what has to be rotated. A type that the
    model does not support has to be refused (R6).
    """
    if case.rope_type not in description.supported_rope_types:
        _require_refusal(description, case, verdict, (case.rope_type,))
        return
    base = description.width.base
    scaling = scaling_parameters(case)
    limit = ORIGINAL_MAX_POSITION_EMBEDDINGS if case.rope_type == "longrope" else MAX_POSITION_EMBEDDINGS
    ids = positions.beyond(limit)
    at_rest, factor = inverse_frequencies(case.n, base, scaling, max_position_embeddings=MAX_POSITION_EMBEDDINGS)
    running, _ = inverse_frequencies(
        case.n,
        base,
        scaling,
        max_position_embeddings=MAX_POSITION_EMBEDDINGS,
        sequence_length=int(ids.max()) + 1,
    )
    own = Probe(description, case)
    _require_tables(verdict, own.model, at_rest, base)
    verdict.require(bool(own.outputs(ids).isfinite().all()), "outputs", "finite", "infinite or NaN")
    _require_tables(verdict, own.model, running, base)
    for kept in kept_attention_factors(own.model):
        verdict.require(abs(kept - factor) <= 4 * U * factor, "attention_scaling", f"{factor:.9g}", f"{kept:.9g}")
    plain = Case(case.head_dim, case.n, case.value)
    still, turned = probe(description, plain).attention(positions.zeros()), own.attention(ids)
    _require_turned(description, case, verdict, f"up to {int(ids.max())}", still, turned, ids, running, factor)


def _require_tables(verdict: Verdict, model: torch.nn.Module, expected: np.ndarray, base: float) -> None:
    for name, table in kept_frequencies(model).items():
        verdict.require(table.shape == expected.shape, f"entries of {name}", expected.shape, table.shape)
        # By the ratio: the slowest frequencies are small, and as exact as the others.
        verdict.require_close(
            f"{name}, by its ratio to the reference",
            table / expected,
            np.ones_like(expected),
            8 * U * (2 + math.log(base)),
        )


def _require_rotation(
    description: Description, case: Case, verdict: Verdict, pattern: str, position_ids: torch.Tensor
) -> None:
    """q and k at `position_ids` are the reference's rotation of those at all positions 0."""
    probed = probe(description, case)
    still, turned = probed.attention(positions.zeros()), probed.attention(position_ids)
    inv_freq, factor = inverse_frequencies(case.n, description.width.base)
    _require_turned(description, case, verdict, pattern, still, turned, position_ids, inv_freq, factor)


def _require_turned(
    description: Description,
    case: Case,
    verdict: Verdict,
    pattern: str,
    still: Attention,
    turned: Attention,
    position_ids: torch.Tensor,
    inv_freq: np.ndarray,
    factor: float,
) -> None:
    for name in ("query", "key"):
        before, after = (np.asarray(getattr(run, name), dtype=np.float64) for run in (still, turned))
        expected = rotate(before, position_ids.numpy(), inv_freq, description.layout, factor)
        moved, largest = np.abs(expected - before).max(), np.abs(before).max()
        verdict.require(
            case.n < 2 or moved > 0.1 * largest,
            f"{name}: were it hardly moved by the reference, equality would prove nothing",
            f"more than {0.1 * largest:.3g}",
            f"{moved:.3g}",
        )
        verdict.require_close(
            f"first layer's {name} (batch, head, token, channel) at positions {pattern}",
            after,
            expected,
            factor * _rotation_tolerance(before, position_ids, description.width.base),
        )


def _rotation_tolerance(x: np.ndarray, position_ids: torch.Tensor, base: float) -> float:
    """Absolute error of a rotation in float32.

    An angle is at most the largest position (the first frequency is 1), off by the rounding of the frequency, `(2 + ln
    b) U`, and of the product; cosine, sine, two products and a sum add one rounding each. A pair's norm is below twice
    the largest value.
    """
    return 2 * np.abs(x).max() * U * (8 + int(position_ids.max()) * (3 + math.log(base)))


def _moved_features(first_row: int) -> Callable:
    def hook(module: torch.nn.Linear, args: tuple, output: torch.Tensor) -> torch.Tensor:
        moved = output.clone()
        features = torch.arange(module.out_features)
        moved[first_row + features, :, features] += 1.0
        return moved

    return hook


def _require_refusal(description: Description, case: Case, verdict: Verdict, named: tuple[str, ...]) -> None:
    asked = f"{description.width.key}={case.value!r}, rope_type={case.rope_type!r}"
    try:
        build_model(description, case)
    except _refusals() as error:
        missing = [word for word in named if word not in str(error)]
        verdict.require(not missing, f"the refusal of {asked}", f"names {', '.join(named)}", str(error))
    except Exception as error:
        verdict.fail(f"asked for {asked}", "a ValueError", f"{type(error).__name__}: {error}")
    else:
        verdict.fail(f"asked for {asked}", "a ValueError while the model is built", "a model")


def _refusals() -> tuple[type[Exception], ...]:
    """A ValueError, or the validation error that newer releases wrap it in."""
    import huggingface_hub.errors

    wrapped = getattr(huggingface_hub.errors, "StrictDataclassError", None)
    return (ValueError,) if wrapped is None else (ValueError, wrapped)
