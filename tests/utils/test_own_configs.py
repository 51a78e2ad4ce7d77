"""Configs of all classes with keys of RoPE load on the fork if they load on pristine, with or without RoPE."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from overlay.layout import DEFAULT_RELEASE, Layout


WORKER = Path(__file__).with_name("own_configs.py")
TREES = {"pristine": Layout().upstream(DEFAULT_RELEASE), "fork": Layout().source(DEFAULT_RELEASE)}
_READS_ROPE = re.compile(r"config\.(rope_parameters|rope_theta|partial_rotary_factor|rotary_dim|qk_rope_head_dim)\b")
# Errors that are not refusals. No model could have run with these configs.
NAMED = {
    # The class makes a list from it, with a base per layer, and the check of the list's field comes first.
    ("muse_spark_text", "rope_theta=None as an argument"),
    ("muse_spark_text", "rope_theta='10000' as an argument"),
    # The class reads one base per layer type from it; from a string, it reads the characters.
    ("ultrabert", "rope_theta='10000' as an argument"),
    # The factor of its encoder is 4. Without a factor, upstream's forward fails because shapes differ.
    ("efficientloftr", "partial_rotary_factor=None as an argument"),
}


def broken(pristine: dict[str, dict], fork: dict[str, dict]) -> list[tuple[str, str, str]]:
    """Configs that load on pristine and crash on the fork, or that a class without RoPE refuses on the fork."""
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


def test_configs_that_load_on_pristine_load_or_are_refused_by_name(found):
    assert found["pristine"].keys() == found["fork"].keys() and len(found["fork"]) > 500
    problems = broken(found["pristine"], found["fork"])
    assert [problem for problem in problems if problem[:2] not in NAMED] == []
    assert {problem[:2] for problem in problems} >= NAMED, "a config in NAMED loads now: remove it"


def test_every_key_is_tried_on_classes_with_and_without_rope(found):
    kinds = {one["rope"] for one in found["fork"].values()}
    assert kinds == {True, False}
    statuses = {status for one in found["fork"].values() for status in one["found"].values()}
    assert {"loads", "refused"} <= statuses


def without_rope(found: dict[str, dict], files: dict[str, str]) -> set[str]:
    """Folders of models whose code reads a key of RoPE from its config, but that have no class with RoPE."""
    reading = {folder for folder, code in files.items() if _READS_ROPE.search(code)}
    asked, with_rope = ({one["folder"] for one in found.values() if one["rope"] or every} for every in (True, False))
    return (reading & asked) - with_rope


def test_no_class_counts_as_without_rope_whose_code_reads_its_keys(found):
    """The fork and the worker have the same list of keys that tell RoPE. This test reads upstream's code instead."""
    models = TREES["pristine"] / "transformers" / "models"
    files = {folder.name: "".join(x.read_text() for x in folder.glob("modeling_*.py")) for folder in models.iterdir()}
    assert without_rope(found["pristine"], files) == set()
    missed = {name: one | {"rope": False} for name, one in found["pristine"].items() if one["folder"] == "cohere2_moe"}
    assert without_rope(found["pristine"] | missed, files) == {"cohere2_moe"}


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
def test_outcomes_that_count_as_broken(rope, status, breaks):
    pristine, fork = ({"x": {"rope": rope, "found": {"key": found}}} for found in ("loads", status))
    assert bool(broken(pristine, fork)) is breaks
