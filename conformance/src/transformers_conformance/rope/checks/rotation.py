"""How q and k are rotated: which channels, by which frequencies, in which layout, head by head."""

import numpy as np

from ...core.rounding import U
from ...core.verdict import Verdict
from ...harness import positions
from ...harness.probe import probe
from ..case import Case
from ..properties import FEW_HEADS, always_asked, rope_property, with_a_pair
from ..reference import inverse_frequencies, pair_channels, rotate
from ..spec import RotarySpec
from .assertions import require_rotation, require_tables


# A channel counts as rotated when positions change it by more than this share of the largest value.
VISIBLE = 1e-3


@rope_property("R1")
def check_forward(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """The model runs, its outputs are finite, and its first attention layer turns channels `0 .. 2m-1` alone."""
    probed = probe(spec, case)
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


@rope_property("R2", excluded=always_asked)
def check_frequencies(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Every table that the model keeps has `n // 2` entries `b^(-2i/n)`.

    Tolerance, relative: the exponent is rounded once, which the power magnifies by `ln b`; the power and the
    reciprocal add a few roundings.
    """
    expected, _ = inverse_frequencies(case.n, spec.width.base)
    require_tables(verdict, probe(spec, case).model, expected, spec.width.base)


@rope_property("R3")
def check_rotation(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """At consecutive positions, the first layer's q and k are the reference's rotation of the unrotated ones."""
    require_rotation(spec, case, verdict, "consecutive", positions.consecutive())


@rope_property("R3", head_dims=FEW_HEADS, widths=lambda head_dim: (8, 5, 4))
def check_layout(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """The layout that the model states is the one that it has: its own fits, and the other does not.

    With a single pair, both are the same.
    """
    ids = positions.gapped()
    require_rotation(spec, case, verdict, "gapped", ids)
    probed = probe(spec, case)
    inv_freq, _ = inverse_frequencies(case.n, spec.width.base)
    other = "interleaved" if spec.layout == "half-split" else "half-split"
    for name in ("query", "key"):
        before, after = (
            np.asarray(getattr(probed.attention(x), name), dtype=np.float64) for x in (positions.zeros(), ids)
        )
        off = np.abs(rotate(before, ids.numpy(), inv_freq, other) - after).max()
        least = 0.1 * np.abs(before).max()
        verdict.require(
            off > least, f"the {name} against the {other} layout", f"off by more than {least:.3g}", f"{off:.3g}"
        )


@rope_property("R1")
def check_passing(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Channels `2m` and above are the same at all positions, bit by bit.

    But for eight roundings where q and k pass a norm after they are rotated, which all channels of a head go into.
    """
    probed = probe(spec, case)
    still, turned = probed.attention(positions.zeros()), probed.attention(positions.gapped())
    for name in ("query", "key"):
        before, after = getattr(still, name)[..., case.rotated :], getattr(turned, name)[..., case.rotated :]
        error = (after - before).abs().max().item() if before.numel() else 0.0
        tolerance = 8 * U * before.abs().max().item() if before.numel() and spec.normed_after_rotation else 0.0
        verdict.require(
            error <= tolerance,
            f"channels {case.rotated} and above of the first layer's {name}",
            f"bit-equal at all positions, but for {tolerance:.3g}",
            f"off by up to {error:.3g}",
        )


@rope_property("R1", widths=with_a_pair)
def check_norms(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Rotation keeps the norm of every pair.

    Tolerance: eight roundings of products of the largest value.
    """
    probed = probe(spec, case)
    still, turned = probed.attention(positions.zeros()), probed.attention(positions.gapped())
    first, second = pair_channels(case.n // 2, spec.layout)
    for name in ("query", "key"):
        before, after = (np.asarray(getattr(run, name), dtype=np.float64) for run in (still, turned))
        norms = [np.hypot(x[..., first], x[..., second]) for x in (after, before)]
        verdict.require_close(f"norms of the {name}'s pairs", *norms, 8 * U * norms[1].max())
