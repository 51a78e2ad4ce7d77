"""Rotations by coordinates: what holds of them, whatever the axes are.

Tolerances are derived as in the other checks. A head is compared with what the same attention makes of a table that
turns nothing.
"""

import math
from functools import partial

import numpy as np
import torch

from ...core.messages import collected_messages, without_announcements
from ...core.refusal import names, refuses, told
from ...core.rounding import U
from ...core.verdict import Verdict, require_refusal
from ..axial_spec import AxialRotarySpec, built, differences
from ..case import Case
from ..coordinates import turned
from ..properties import AXIAL, rope_property
from ..reference import pair_channels
from .assertions import require_no_saved_table


HEAD_DIMS = (4, 5, 8, 10, 16)
_FAR = 1021  # no multiple of it is a number of few bits
_NARROW = (torch.bfloat16, torch.float16)
_WRONG_FACTORS = (-0.5, 1.5, math.nan, "half")


def _widths(head_dim: int) -> tuple[int, ...]:
    """All of a head; and of the widest, parts with whole pairs on both axes, with an odd channel, and with no pair."""
    return (16, 12, 8, 13, 5, 0) if head_dim == 16 else (head_dim,)


def _coordinate_property(rule: str, **keywords):
    return rope_property(
        rule,
        **{"widths": _widths, "head_dims": HEAD_DIMS, "excluded": lambda spec: None} | keywords,
        topic=AXIAL,
    )


def _with_free_places(spec: AxialRotarySpec) -> str | None:
    return None if spec.places_freely else f"{spec.model_class.__name__} makes its coordinates itself"


def _with_a_factor(spec: AxialRotarySpec) -> str | None:
    return None if spec.takes_factor else f"{spec.config_class.__name__} has no key for a part of the head"


@_coordinate_property("R3")
def check_coordinate_rotation(spec: AxialRotarySpec, case: Case, verdict: Verdict) -> None:
    """Every pair turns by its axis's coordinate times its frequency, in the stated layout, and nothing else turns.

    Tolerance: as `rotation` has it; the largest angle is that of the coordinates.
    """
    coordinates = spec.coordinates(case)
    _require_turned(spec, case, verdict, coordinates, "")


@_coordinate_property("R5", head_dims=(16,), excluded=_with_free_places)
def check_coordinate_far(spec: AxialRotarySpec, case: Case, verdict: Verdict) -> None:
    """Far out, where no table was grown to, angles are as right as the rounding of float32 lets them be."""
    _require_turned(spec, case, verdict, spec.coordinates(case) * _FAR, f", times {_FAR}")


@_coordinate_property("R1")
def check_coordinate_passing(spec: AxialRotarySpec, case: Case, verdict: Verdict) -> None:
    """Channels beyond the whole pairs of the axes are left as they are, bit for bit."""
    before, after = _heads(spec, case, spec.coordinates(case))
    rest = np.setdiff1d(np.arange(before[0].shape[-1]), np.concatenate(_pairs(spec, case)))
    for name, x, y in zip(("query", "key"), before, after, strict=True):
        same = np.array_equal(x[..., rest], y[..., rest])
        verdict.require(same, f"{name}'s channels {rest.tolist()}", "bit-equal", "changed")


@_coordinate_property("R3")
def check_coordinate_norms(spec: AxialRotarySpec, case: Case, verdict: Verdict) -> None:
    """Every pair keeps its norm. Tolerance: 16 roundings of the largest."""
    first, second = _pairs(spec, case)
    before, after = _heads(spec, case, spec.coordinates(case))
    for name, x, y in zip(("query", "key"), before, after, strict=True):
        norms = [np.hypot(z[..., first].astype(float), z[..., second].astype(float)) for z in (x, y)]
        largest = max(np.abs(x).max(), 1.0)
        verdict.require_close(
            f"norms of the pairs of {name} (head, token, pair)", norms[1], norms[0], 16 * U * largest
        )


@_coordinate_property("R5")
def check_coordinate_relative(spec: AxialRotarySpec, case: Case, verdict: Verdict) -> None:
    """Scores of tokens that are alike depend on how far apart they are on each axis, and on every axis that turns.

    Tolerance: that of `rotation`, for each of the products of a score.
    """
    model, coordinates = built(spec, case), spec.coordinates(case)
    tokens = spec.tokens(model, len(coordinates), equal=True)
    frequencies = spec.frequencies_of(case)
    with torch.no_grad():
        q, k = (x.astype(float) for x in spec.heads(model, case, tokens, spec.table(model, coordinates, tokens)))
    scores = q @ k.swapaxes(-1, -2)
    largest = np.linalg.norm(q, axis=-1).max() * np.linalg.norm(k, axis=-1).max()
    tolerance = 4 * largest * _rounding(spec, coordinates, frequencies)
    means = []
    for queries, keys in differences(coordinates):
        alike = scores[:, queries, keys]
        means.append(alike.mean(axis=-1))
        spread = np.ptp(alike, axis=-1).max()
        apart = (coordinates[queries[0]] - coordinates[keys[0]]).tolist()
        verdict.require(spread <= tolerance, f"spread of scores at {apart}", f"at most {tolerance:.3g}", spread)
    if frequencies.size:
        seen = np.ptp(means, axis=0).max()
        what = "scores at all distances: were they alike, equality would prove nothing"
        verdict.require(seen > 2 * tolerance, what, f"other by more than {2 * tolerance:.3g}", f"{seen:.3g}")


@_coordinate_property("R2")
def check_coordinate_cast(spec: AxialRotarySpec, case: Case, verdict: Verdict) -> None:
    """`model.to(dtype)` and `.half()` leave the angles of tokens in float32 as right as they were.

    Tolerance: that of `rotation`, and a rounding of cosines and sines where the table itself is cast.
    """
    for dtype in _NARROW:
        model = spec.build(case)
        model = model.half() if dtype is torch.float16 else model.to(dtype)
        coordinates = spec.coordinates(case)
        table = spec.table(model, coordinates, spec.tokens(built(spec, case), len(coordinates)))
        _require_turned(spec, case, verdict, coordinates, f", by the table of a model cast to {dtype}", table)


@_coordinate_property("R7", head_dims=(16,), widths=lambda head_dim: (head_dim,))
def check_coordinate_state(spec: AxialRotarySpec, case: Case, verdict: Verdict) -> None:
    """What a part of a model saves holds no table that its config determines."""
    (narrow,) = spec.cases_of(case.n // 2, case.n // 2)
    require_no_saved_table(verdict, spec, case, narrow)


@_coordinate_property("R6", head_dims=(16,), widths=lambda head_dim: (head_dim,), excluded=_with_a_factor)
def check_coordinate_range(spec: AxialRotarySpec, case: Case, verdict: Verdict) -> None:
    """A share of the head that is none is refused while the model is built, by an error that names key and value."""
    for factor in _WRONG_FACTORS:
        build = partial(spec.build, Case(case.head_dim, case.n, factor))
        require_refusal(verdict, build, {"partial_rotary_factor": factor}, spec.bounds(case))


@_coordinate_property("R6", head_dims=(16,), widths=lambda head_dim: (head_dim, 8), excluded=_with_a_factor)
def check_coordinate_keys(spec: AxialRotarySpec, case: Case, verdict: Verdict) -> None:
    """However a config is asked for its rotation, it is honoured in silence by the same table, or refused by name."""
    coordinates = spec.coordinates(case)
    like = spec.tokens(built(spec, case), len(coordinates))
    expected = spec.table(built(spec, case), coordinates, like)
    problems = {}
    for asked in spec.equivalent_configs(case):
        with collected_messages() as messages:
            try:
                table = spec.table(spec.build(case, asked), coordinates, like)
            except Exception as error:
                if not refuses(error, asked):
                    problems[str(asked)] = told(error)
                continue
        said = without_announcements(messages)
        if not all(map(torch.equal, table, expected)):
            problems[str(asked)] = "another table"
        elif any(names(message, key) for key in ("partial_rotary_factor", "rope_theta") for message in said):
            problems[str(asked)] = said
    verdict.require(not problems, "ways of writing the same rotation", "honoured in silence, or refused", problems)
    if spec.rope_type != "default":  # it has one of its own, so others mean nothing
        other = {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": spec.base}}
        require_refusal(verdict, partial(spec.build, case, other), {"rope_type": "linear"})


def _require_turned(
    spec: AxialRotarySpec, case: Case, verdict: Verdict, coordinates: np.ndarray, how: str, table: object = None
) -> None:
    """Heads are the reference's rotation of what they are under a table that turns nothing."""
    frequencies = spec.frequencies_of(case)
    rounding = 0.0 if table is None else torch.finfo(table[0].dtype).eps
    before, after = _heads(spec, case, coordinates, table)
    angles = coordinates @ frequencies
    for name, x, y in zip(("query", "key"), before, after, strict=True):
        expected = turned(x, angles, spec.layout)
        if frequencies.size:
            moved, largest = np.abs(expected - x).max(), np.abs(x).max()
            verdict.require(
                moved > 0.1 * largest, f"{name}: hardly moved, equality would prove nothing", "moved", moved
            )
        tolerance = 2 * np.abs(x).max() * (rounding + _rounding(spec, coordinates, frequencies))
        verdict.require_close(f"{name} (head, token, channel) at coordinates{how}", y, expected, tolerance)


def _rounding(spec: AxialRotarySpec, coordinates: np.ndarray, frequencies: np.ndarray) -> float:
    """Relative error of a rotation by angles in float32: see `rotation_tolerance`. An angle is a sum over axes."""
    largest = (np.abs(coordinates) @ np.abs(frequencies)).max(initial=0.0)
    return U * (8 + largest * (3 + math.log(spec.base)))


def _pairs(spec: AxialRotarySpec, case: Case) -> tuple[np.ndarray, np.ndarray]:
    return pair_channels(spec.frequencies_of(case).shape[1], spec.layout)


def _heads(spec: AxialRotarySpec, case: Case, coordinates: np.ndarray, table: object = None) -> tuple[tuple, tuple]:
    """q and k under a table that turns nothing, and under the model's, or the one that is given."""
    model = built(spec, case)
    tokens = spec.tokens(model, len(coordinates))
    with torch.no_grad():
        table = spec.table(model, coordinates, tokens) if table is None else table
        return spec.heads(model, case, tokens, spec.still(table)), spec.heads(model, case, tokens, table)
