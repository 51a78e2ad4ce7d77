"""Rotations by coordinates: what holds of them, whatever the axes are.

Tolerances are derived as in the other checks. A head is compared with what the same attention makes of a table that
turns nothing.
"""

import math
from functools import partial

import numpy as np
import torch

from ..case import Case
from ..coordinates import turned
from ..messages import collected_messages, without_announcements
from ..reference import pair_channels
from ..refusal import names, refuses, told
from ..tower import Tower, built, differences
from ..verdict import TowerVerdict
from .assertions import require_refusal
from .registry import Property, U, rope_property


COORDINATE_PROPERTIES: dict[str, Property] = {}
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
        **{"widths": _widths, "head_dims": HEAD_DIMS, "obstacle": lambda tower: None} | keywords,
        properties=COORDINATE_PROPERTIES,
        verdict_class=TowerVerdict,
    )


def _with_free_places(tower: Tower) -> str | None:
    return None if tower.places_freely else f"{tower.model_class.__name__} makes its coordinates itself"


def _with_a_factor(tower: Tower) -> str | None:
    return None if tower.takes_factor else f"{tower.config_class.__name__} has no key for a part of the head"


@_coordinate_property("R3")
def check_coordinate_rotation(tower: Tower, case: Case, verdict: TowerVerdict) -> None:
    """Every pair turns by its axis's coordinate times its frequency, in the stated layout, and nothing else turns.

    Tolerance: as `rotation` has it; the largest angle is that of the coordinates.
    """
    coordinates = tower.coordinates(case)
    _require_turned(tower, case, verdict, coordinates, "")


@_coordinate_property("R5", head_dims=(16,), obstacle=_with_free_places)
def check_coordinate_far(tower: Tower, case: Case, verdict: TowerVerdict) -> None:
    """Far out, where no table was grown to, angles are as right as the rounding of float32 lets them be."""
    _require_turned(tower, case, verdict, tower.coordinates(case) * _FAR, f", times {_FAR}")


@_coordinate_property("R1")
def check_coordinate_passing(tower: Tower, case: Case, verdict: TowerVerdict) -> None:
    """Channels beyond the whole pairs of the axes are left as they are, bit for bit."""
    before, after = _heads(tower, case, tower.coordinates(case))
    rest = np.setdiff1d(np.arange(before[0].shape[-1]), np.concatenate(_pairs(tower, case)))
    for name, x, y in zip(("query", "key"), before, after, strict=True):
        same = np.array_equal(x[..., rest], y[..., rest])
        verdict.require(same, f"{name}'s channels {rest.tolist()}", "bit-equal", "changed")


@_coordinate_property("R3")
def check_coordinate_norms(tower: Tower, case: Case, verdict: TowerVerdict) -> None:
    """Every pair keeps its norm. Tolerance: 16 roundings of the largest."""
    first, second = _pairs(tower, case)
    before, after = _heads(tower, case, tower.coordinates(case))
    for name, x, y in zip(("query", "key"), before, after, strict=True):
        norms = [np.hypot(z[..., first].astype(float), z[..., second].astype(float)) for z in (x, y)]
        largest = max(np.abs(x).max(), 1.0)
        verdict.require_close(
            f"norms of the pairs of {name} (head, token, pair)", norms[1], norms[0], 16 * U * largest
        )


@_coordinate_property("R5")
def check_coordinate_relative(tower: Tower, case: Case, verdict: TowerVerdict) -> None:
    """Scores of tokens that are alike depend on how far apart they are on each axis, and on every axis that turns.

    Tolerance: that of `rotation`, for each of the products of a score.
    """
    model, coordinates = built(tower, case), tower.coordinates(case)
    tokens = tower.tokens(model, len(coordinates), alike=True)
    frequencies = tower.frequencies_of(case)
    with torch.no_grad():
        q, k = (x.astype(float) for x in tower.heads(model, case, tokens, tower.table(model, coordinates, tokens)))
    scores = q @ k.swapaxes(-1, -2)
    largest = np.linalg.norm(q, axis=-1).max() * np.linalg.norm(k, axis=-1).max()
    tolerance = 4 * largest * _rounding(tower, coordinates, frequencies)
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
def check_coordinate_cast(tower: Tower, case: Case, verdict: TowerVerdict) -> None:
    """`model.to(dtype)` and `.half()` leave the angles of tokens in float32 as right as they were.

    Tolerance: that of `rotation`, and a rounding of cosines and sines where the table itself is cast.
    """
    for dtype in _NARROW:
        model = tower.build(case)
        model = model.half() if dtype is torch.float16 else model.to(dtype)
        coordinates = tower.coordinates(case)
        table = tower.table(model, coordinates, tower.tokens(built(tower, case), len(coordinates)))
        _require_turned(tower, case, verdict, coordinates, f", by the table of a model cast to {dtype}", table)


@_coordinate_property("R6", head_dims=(16,), widths=lambda head_dim: (head_dim,), obstacle=_with_a_factor)
def check_coordinate_range(tower: Tower, case: Case, verdict: TowerVerdict) -> None:
    """A share of the head that is none is refused while the model is built, by an error that names key and value."""
    for factor in _WRONG_FACTORS:
        build = partial(tower.build, Case(case.head_dim, case.n, factor))
        require_refusal(verdict, build, {"partial_rotary_factor": factor}, tower.bounds(case))


@_coordinate_property("R6", head_dims=(16,), widths=lambda head_dim: (head_dim, 8), obstacle=_with_a_factor)
def check_coordinate_keys(tower: Tower, case: Case, verdict: TowerVerdict) -> None:
    """However a config is asked for its rotation, it is honoured in silence by the same table, or refused by name."""
    coordinates = tower.coordinates(case)
    like = tower.tokens(built(tower, case), len(coordinates))
    expected = tower.table(built(tower, case), coordinates, like)
    problems = {}
    for asked in tower.spellings(case):
        with collected_messages() as messages:
            try:
                table = tower.table(tower.build(case, asked), coordinates, like)
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
    if tower.rope_type != "default":  # it has one of its own, so others mean nothing
        other = {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": tower.base}}
        require_refusal(verdict, partial(tower.build, case, other), {"rope_type": "linear"})


def _require_turned(
    tower: Tower, case: Case, verdict: TowerVerdict, coordinates: np.ndarray, how: str, table: object = None
) -> None:
    """Heads are the reference's rotation of what they are under a table that turns nothing."""
    frequencies = tower.frequencies_of(case)
    rounding = 0.0 if table is None else torch.finfo(table[0].dtype).eps
    before, after = _heads(tower, case, coordinates, table)
    angles = coordinates @ frequencies
    for name, x, y in zip(("query", "key"), before, after, strict=True):
        expected = turned(x, angles, tower.layout)
        if frequencies.size:
            moved, largest = np.abs(expected - x).max(), np.abs(x).max()
            verdict.require(
                moved > 0.1 * largest, f"{name}: hardly moved, equality would prove nothing", "moved", moved
            )
        tolerance = 2 * np.abs(x).max() * (rounding + _rounding(tower, coordinates, frequencies))
        verdict.require_close(f"{name} (head, token, channel) at coordinates{how}", y, expected, tolerance)


def _rounding(tower: Tower, coordinates: np.ndarray, frequencies: np.ndarray) -> float:
    """Relative error of a rotation by angles in float32: see `rotation_tolerance`. An angle is a sum over axes."""
    largest = (np.abs(coordinates) @ np.abs(frequencies)).max(initial=0.0)
    return U * (8 + largest * (3 + math.log(tower.base)))


def _pairs(tower: Tower, case: Case) -> tuple[np.ndarray, np.ndarray]:
    return pair_channels(tower.frequencies_of(case).shape[1], tower.layout)


def _heads(tower: Tower, case: Case, coordinates: np.ndarray, table: object = None) -> tuple[tuple, tuple]:
    """q and k under a table that turns nothing, and under the model's, or the one that is given."""
    model = built(tower, case)
    tokens = tower.tokens(model, len(coordinates))
    with torch.no_grad():
        table = tower.table(model, coordinates, tokens) if table is None else table
        return tower.heads(model, case, tokens, tower.still(table)), tower.heads(model, case, tokens, table)
