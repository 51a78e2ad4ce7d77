"""Nothing that loads breaks: a config of every class of the release with keys of RoPE, whether or not it has RoPE."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from overlay.layout import DEFAULT_RELEASE, Layout


WORKER = Path(__file__).with_name("own_configs.py")
TREES = {"pristine": Layout().upstream(DEFAULT_RELEASE), "fork": Layout().source(DEFAULT_RELEASE)}
# Other errors than a refusal, none of a form that a model could have run with.
NAMED = {
    # The class makes a list of a base for each layer out of it, and the check of the list's field comes first.
    ("muse_spark_text", "rope_theta=None as an argument"),
    ("muse_spark_text", "rope_theta='10000' as an argument"),
    # The class reads one base for each kind of layers from it: of a string, its characters.
    ("ultrabert", "rope_theta='10000' as an argument"),
    # The factor of its encoder is 4; without one, upstream's forward fails by the shapes of its tensors.
    ("efficientloftr", "partial_rotary_factor=None as an argument"),
}


def broken(pristine: dict[str, dict], fork: dict[str, dict]) -> list[tuple[str, str, str]]:
    """What loads on pristine and neither loads on the fork nor is refused; nor may a class without RoPE refuse."""
    return [
        (model, case, fork[model]["found"][case])
        for model, one in pristine.items()
        for case, status in one["found"].items()
        if status == "loads"
        and fork[model]["found"][case] not in (("loads", "refused") if one["rope"] else ("loads",))
    ]


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, dict]]:
    running = {
        build: subprocess.Popen(
            [sys.executable, WORKER], env=os.environ | {"PYTHONPATH": str(tree)}, stdout=subprocess.PIPE, text=True
        )
        for build, tree in TREES.items()
    }
    lines = {build: process.communicate()[0].splitlines() for build, process in running.items()}
    assert not any(process.returncode for process in running.values())
    return {build: {(one := json.loads(line))["model"]: one for line in every} for build, every in lines.items()}


def test_what_loads_on_pristine_loads_or_is_refused_by_name(found):
    assert found["pristine"].keys() == found["fork"].keys() and len(found["fork"]) > 500
    problems = broken(found["pristine"], found["fork"])
    assert [problem for problem in problems if problem[:2] not in NAMED] == []
    assert {problem[:2] for problem in problems} >= NAMED, "one that is named breaks no more: take it out"


def test_every_key_is_asked_of_classes_with_rope_and_without(found):
    kinds = {one["rope"] for one in found["fork"].values()}
    assert kinds == {True, False}
    statuses = {status for one in found["fork"].values() for status in one["found"].values()}
    assert {"loads", "refused"} <= statuses


@pytest.mark.parametrize(
    ("rope", "status", "breaks"),
    [
        (True, "loads", False),
        (True, "refused", False),
        (True, "KeyError: 'partial_rotary_factor'", True),
        (False, "refused", True),
        (False, "loads", False),
    ],
)
def test_what_counts_as_broken(rope, status, breaks):
    pristine, fork = ({"x": {"rope": rope, "found": {"key": found}}} for found in ("loads", status))
    assert bool(broken(pristine, fork)) is breaks
