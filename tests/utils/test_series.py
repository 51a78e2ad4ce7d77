"""Series of edits: a series alone, with those that it needs, applies to upstream as it does among all others."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from prs.burden import upkeep
from prs.facts import LIMIT, size_problem
from prs.stack import Step, changes

from overlay import lockfile
from overlay.build import read_overlay
from overlay.edits import SeriesEntry, load_overlay
from overlay.engine import apply, reaches_of
from overlay.errors import OverlayError
from overlay.layout import DEFAULT_RELEASE
from overlay.series import check_needs, needed_by
from overlay.survey import survey_of
from overlay.upstream import find_pin
from tests.utils.upstream_rope import LAYOUT, tree


FIELDS = "description: d, bug: null, forwarded: not yet, applied-upstream: null"
ADDS = "- {addition: helper, series: one, description: a, issue: null}\n"
CALLS = "- {rewrite: f, rule: {pattern: x}, fix: helper(x), series: two, description: b, issue: null}\n"
CODE = "def helper(x):\n    return x\n"
SERIES = [one.name for one in load_overlay([LAYOUT.layer("src")]).series]


@pytest.fixture
def overlay(tmp_path):
    (tmp_path / "transformers").mkdir()

    def read(needs: str, entries: str = ADDS + CALLS, code: str = CODE):
        names = {"one": "", "two": needs, "three": ", needs: [two]"}
        text = "".join(f"- {{name: {name}, {FIELDS}{needs}}}\n" for name, needs in names.items())
        (tmp_path / "series.yml").write_text(text)
        (tmp_path / "transformers" / "m.yml").write_text(entries)
        (tmp_path / "transformers" / "m.py").write_text(code)
        return load_overlay([tmp_path])

    return read


def test_a_series_that_calls_what_another_adds_needs_that_one(overlay):
    made = overlay(", needs: [one]")
    check_needs(made.series, made.edits)
    assert needed_by("three", made.series) == {"one", "two"}
    assert needed_by("one", made.series) == set()
    made = overlay("")
    with pytest.raises(OverlayError, match="calls helper, which the series one adds"):
        check_needs(made.series, made.edits)


def test_a_definition_that_calls_what_another_series_adds_counts_too(overlay):
    calls = "- {definition: g, series: two, description: b, issue: null}\n"
    made = overlay("", ADDS + calls, CODE + "\n\ndef g(x):\n    return helper(x)\n")
    with pytest.raises(OverlayError, match="calls helper"):
        check_needs(made.series, made.edits)


def test_a_word_that_only_begins_like_an_addition_is_no_call(overlay):
    made = overlay("", ADDS + CALLS.replace("helper(x)", "helpers(x)"))
    check_needs(made.series, made.edits)


@pytest.mark.parametrize("late", ["three", "two", "four"])
def test_a_series_needs_only_series_before_it(overlay, late):
    made = overlay(f", needs: [{late}]")
    with pytest.raises(OverlayError, match=f"the series 'two' needs '{late}', which do not stand before it"):
        check_needs(made.series, made.edits)


@pytest.mark.parametrize("name", SERIES)
def test_each_series_applies_alone_as_often_as_with_all_others(name):
    pristine = tree(DEFAULT_RELEASE)
    made = read_overlay(LAYOUT, find_pin(LAYOUT, DEFAULT_RELEASE))
    chosen = {name, *needed_by(name, made.series)}
    edits = [edit for edit in made.edits if edit.series in chosen]
    reaches = [reach for edit in edits for reach in reaches_of(edit, pristine, DEFAULT_RELEASE)]
    counts = apply(reaches, pristine).counts
    lock = lockfile.read(LAYOUT, DEFAULT_RELEASE)
    assert {reach.key: counts[reach.root] for reach in reaches} == {
        reach.key: lock[reach.key]["matches"] for reach in reaches
    }


# --- sizes -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    made = read_overlay(LAYOUT, find_pin(LAYOUT, DEFAULT_RELEASE))
    return list(changes(survey_of(made.edits, tree(DEFAULT_RELEASE), DEFAULT_RELEASE), made.series))


def test_each_pull_request_is_short_or_says_why_not(steps):
    assert any(step.lines.written > LIMIT for step in steps) and any(0 < step.lines.written <= LIMIT for step in steps)
    assert {step.series.name: problem for step in steps if step.after and (problem := size_problem(step))} == {}


def names_at_fault(home: Path, files: dict[str, str]) -> Counter[str]:
    """Imports that nothing uses, and names that nothing defines."""
    for file, text in files.items():
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).write_text(text)
    command = ["ruff", "check", "--isolated", "--select=F401,F821", "--output-format=json", str(home)]
    found = json.loads(subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True).stdout)
    shutil.rmtree(home)
    return Counter(f"{Path(one['filename']).relative_to(home)}: {one['message']}" for one in found)


def test_no_series_imports_what_only_a_later_one_uses(steps, tmp_path):
    home = tmp_path / "files"
    new = {
        step.series.name: names_at_fault(home, step.after) - names_at_fault(home, step.before)
        for step in steps
        if step.after
    }
    assert {name: found for name, found in new.items() if found} == {}
    assert names_at_fault(home, {"m.py": "import math\nx = y\n"}).total() == 2


ENTRY = {"name": "n", "description": "d", "bug": None, "forwarded": "not yet", "applied-upstream": None}


@pytest.mark.parametrize(
    ("more", "lines", "problem"),
    [
        ({}, LIMIT, None),
        ({}, LIMIT + 1, "16 lines by hand are more than 15"),
        ({"size_reason": "because"}, LIMIT + 1, None),
        ({"size_reason": "because"}, LIMIT, "no more use"),
        ({"forwarded": "not needed"}, LIMIT + 1, None),
        ({"forwarded": "not needed", "size_reason": "because"}, LIMIT + 1, "stays in the fork"),
    ],
)
def test_a_reason_stands_exactly_where_a_pull_request_is_long(more, lines, problem):
    series = SeriesEntry.model_validate(ENTRY | more)
    found = size_problem(Step(series, (), {"m.py": ""}, {"m.py": "x = 1\n" * lines}))
    assert found is None if problem is None else problem in found


def test_the_upkeep_of_a_release_counts_what_its_lock_does_not_share_with_the_one_before():
    """Keys of the lock name an edit by its description: an edit of two forms is one key, and two roots."""
    found = upkeep(LAYOUT)
    assert found
    for one in found:
        old, new = lockfile.read(LAYOUT, one.before).keys(), lockfile.read(LAYOUT, one.release).keys()
        assert one.roots == len(new)
        assert one.new - one.ended == len(new) - len(old)
        assert one.new >= len(new - old) and one.ended >= len(old - new) > 0
