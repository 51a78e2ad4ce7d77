"""Heads: each rotates alone and like the others, however many share a key."""

import torch

from ...core.refusal import refuses
from ...core.rounding import U
from ...core.verdict import Verdict
from ...harness import positions
from ...harness.probe import Probe, probe
from ...harness.projections import moved_heads, normed_over_heads, projections, read_moved, weighs_heads_apart
from ...harness.sizes import NUM_HEADS
from ...harness.tiny import build_model
from ..case import Case
from ..properties import FEW_HEADS, TWO_HEADS, odd_width, rope_property, with_a_pair, without_position_ids
from ..reference import inverse_frequencies
from ..spec import RotarySpec
from .assertions import require_turned


def without_groups(spec: RotarySpec) -> str | None:
    if "num_key_value_heads" not in spec.fields:
        return f"{spec.config_class.__name__} has no num_key_value_heads"
    if spec.size_values(FEW_HEADS[0])["num_key_value_heads"] == NUM_HEADS:
        return f"{spec.model_class.__name__} has a key for each head"
    return without_position_ids(spec)


def without_heads_of_their_own(spec: RotarySpec) -> str | None:
    """Why features of a projection do not tell heads apart, or None. A model that fails to run is not excused."""
    reason = without_position_ids(spec)
    if reason is not None:
        return reason
    try:
        normed = normed_over_heads(probe(spec, spec.cases_of(FEW_HEADS[0], FEW_HEADS[0])[0]))
    except Exception:
        return None
    return f"{spec.model_class.__name__} has a norm over all heads" if normed else None


def without_heads_alike(spec: RotarySpec) -> str | None:
    """Why heads cannot change places, or None."""
    reason = without_heads_of_their_own(spec)
    if reason is not None:
        return reason
    try:
        apart = weighs_heads_apart(probe(spec, spec.cases_of(FEW_HEADS[0], FEW_HEADS[0])[0]))
    except Exception:
        return None
    return f"{spec.model_class.__name__} has weights for each head beside its projections" if apart else None


@rope_property("R5", head_dims=TWO_HEADS, widths=with_a_pair, excluded=without_heads_of_their_own)
def check_heads(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Each head rotates alone: what moves one feature of a projection moves the same heads at all positions.

    Nothing here depends on the layout.
    """
    probed = probe(spec, case)
    still, turned = (read_moved(probed, ids) for ids in (positions.zeros(), positions.gapped()[:1]))
    for name in ("query", "key"):
        before, after = (moved_heads(getattr(run, name)) for run in (still, turned))
        told = before.any(dim=1) & ~before.all(dim=1)
        heads = getattr(still, name)
        shared = bool(heads.any()) and torch.equal(heads, heads[:, :1].expand_as(heads))  # one key for all
        verdict.require(
            bool(told.any()) or shared,
            f"projected features that move some heads of the {name}, not all",
            "at least one",
            "none",
        )
        different = (before != after).any(dim=1).nonzero().flatten().tolist()
        if different:
            feature = different[0]
            moved = [x[feature].nonzero().flatten().tolist() for x in (before, after)]
            verdict.fail(f"heads of the {name} that projected feature {feature} moves", *moved)


@rope_property("R5", head_dims=FEW_HEADS, widths=odd_width, excluded=without_heads_alike)
def check_head_permutation(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Heads and key groups that change places, by the rows of their projections, change places in q and k alone.

    Tolerance: a product of as many terms as the model is wide, in another order, and the rotation after it.
    """
    probed = probe(spec, case)
    seen = read_moved(probed, positions.zeros())
    fed = {name: moved_heads(getattr(seen, name)) for name in ("query", "key")}
    sources = _changed_places(_groups(fed["key"]))
    changed = build_model(spec, case)
    moved = _move_rows(projections(Probe(spec, case, changed)), _moved_rows(fed, sources))
    verdict.require(moved > 0, "rows of projections that belong to single heads or groups of heads", "some", moved)
    ids = positions.different_per_row()
    before, after = probed.attention(ids), Probe(spec, case, changed).attention(ids)
    for name in ("query", "key"):
        x, got = getattr(before, name), getattr(after, name)
        tolerance = 16 * U * NUM_HEADS * case.head_dim * x.abs().max().item()
        if name == "query":
            off = (x[:, sources] - x).abs().max().item()
            verdict.require(off > 2 * tolerance, "heads: were they alike, equality would prove nothing", "other", off)
        verdict.require_close(f"{name} with heads in the order {sources}", got, x[:, sources], tolerance)


@rope_property("R5", head_dims=FEW_HEADS, widths=odd_width, excluded=without_groups)
def check_grouped(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """With as many keys as heads, half as many, and one for all, q and k are the reference's rotation.

    A model may refuse the last by name.
    """
    ids = positions.different_per_row()
    inv_freq, factor = inverse_frequencies(case.n, spec.width.base)
    for groups in (NUM_HEADS, NUM_HEADS // 2, 1):
        try:
            model = build_model(spec, case, num_key_value_heads=groups)
        except Exception as error:
            if groups == 1 and refuses(error, {"num_key_value_heads": groups}):
                continue
            what = f"{groups} keys for {NUM_HEADS} heads"
            raise verdict.raised(what, "keys, or one key refused by name", error) from error
        own = Probe(spec, case, model)
        still, turned = own.attention(positions.zeros()), own.attention(ids)
        where = f"different per row, {groups} keys for {NUM_HEADS} heads,"
        require_turned(spec, case, verdict, where, still, turned, ids, inv_freq, factor)
        keys = {tuple(head.flatten().tolist()) for head in turned.key.unbind(dim=1)}
        verdict.require(len(keys) == groups, "different keys of a token", groups, len(keys))


def _groups(fed: torch.Tensor) -> list[list[int]]:
    """Heads that share a key, told by the features that feed some and not all; one group where none does."""
    heads = range(fed.shape[1])
    told = {tuple(row.nonzero().flatten().tolist()) for row in fed if row.any() and not row.all()}
    return sorted(list(group) for group in told) or [list(heads)]


def _changed_places(groups: list[list[int]]) -> list[int]:
    """For each head, the one that takes its place: groups move on by one, and so do the heads of each."""
    sources = {}
    for group, source in zip(groups, groups[1:] + groups[:1], strict=True):
        sources |= dict(zip(group, source[1:] + source[:1], strict=True))
    return [sources[head] for head in sorted(sources)]


def _moved_rows(fed: dict[str, torch.Tensor], sources: list[int]) -> dict[int, int]:
    """For each feature that feeds single heads or a group, the one that takes its place: in order, head by head."""
    moves = {}
    for heads in fed.values():
        features: dict[tuple[int, ...], list[int]] = {}
        for feature, row in enumerate(heads):
            if row.any() and not row.all():
                features.setdefault(tuple(row.nonzero().flatten().tolist()), []).append(feature)
        for place, own in features.items():
            moves |= dict(zip(own, features[tuple(sorted(sources[head] for head in place))], strict=True))
    return moves


@torch.no_grad()
def _move_rows(linears: list[torch.nn.Linear], moves: dict[int, int]) -> int:
    """Moves rows of weights and biases, by features counted over all projections; how many of them moved."""
    first = 0
    for linear in linears:
        rows = [moves.get(first + i, first + i) - first for i in range(linear.out_features)]
        for parameter in (linear.weight, linear.bias):
            if parameter is not None:
                parameter.copy_(parameter[rows].clone())
        first += linear.out_features
    return sum(source != feature for feature, source in moves.items())
