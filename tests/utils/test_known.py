"""Expected failures are counted, and a count that is off is told."""

import json
from pathlib import Path

import pytest
from registry import listed_models
from runner import known

from overlay.layout import DEFAULT_RELEASE


CRASH = """
[[expected_failure]]
bug = "crash"
kind = "upstream-bug"
reason = "it crashes"  # in one

[[expected_failure.where]]
models = ["phi"]
properties = ["far"]
statuses = ["refused"]

[[expected_failure.where]]
properties = ["forward"]
releases = ">=5.0.0"
builds = ["pristine"]


# The other.
[[expected_failure]]
bug = "halt"
kind = "unsupported"
reason = "it halts"

[[expected_failure.where]]
properties = ["shift"]
"""


@pytest.fixture
def file(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "expected_failures.toml"
    path.write_text(CRASH)
    monkeypatch.setenv("CONFORMANCE_EXPECTED_FAILURES", str(path))
    monkeypatch.setattr(known, "files", lambda: [path])
    return path


def line(reason: str | None, place: int | None, status: str = "crash", model: str = "phi") -> dict:
    return {"known": reason, "place": place, "status": status, "model": model, "case": {}}


FOUND = [line("it crashes", 1), line("it crashes", 2), line("it crashes", 2), line("it crashes", 2, "fail")]
FOUND += [line("it halts", 1, "fail"), line("of its class", None), line(None, None, "pass")]
COUNTED = {"crash 1": {"crash": 1}, "crash 2": {"crash": 2, "fail": 1}, "halt 1": {"fail": 1}}


def problems(
    file: Path, lines: list[dict], lock=None, release=DEFAULT_RELEASE, build="pristine", whole=False
) -> list[str]:
    return list(known.problems({"phi": lines}, lock, known.places(file), release, build, whole))


def test_cases_are_counted_by_place_and_status(file):
    assert known.counted(FOUND, known.places(file)) == COUNTED


def test_what_is_as_it_was_is_fine(file):
    assert problems(file, FOUND, {"phi": COUNTED}, whole=True) == []
    assert problems(file, FOUND, None) == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (FOUND[:-3], "phi: no cases of halt, place 1, where 1 fail were counted"),
        (FOUND + FOUND[1:2], "phi: 3 crash, 1 fail of crash, place 2, where 2 crash, 1 fail were counted"),
        (FOUND[1:] + [line("it crashes", 1, "fail")], "phi: 1 fail of crash, place 1, where 1 crash were counted"),
    ],
)
def test_a_case_more_or_less_or_in_another_way_is_off(file, lines, said):
    assert problems(file, lines, {"phi": COUNTED}) == [said]


def test_a_model_that_was_never_counted_is_told(file):
    assert problems(file, FOUND, {"llama": {}}) == ["phi: its expected failures were never counted; `make known` does"]


@pytest.mark.parametrize(
    ("lines", "release", "build", "whole", "stale"),
    [
        (FOUND, DEFAULT_RELEASE, "pristine", True, []),
        (FOUND[1:], DEFAULT_RELEASE, "pristine", False, ["in phi any", "crash, place 1"]),
        (FOUND[:1], DEFAULT_RELEASE, "pristine", False, []),
        (FOUND[:1] + FOUND[4:], DEFAULT_RELEASE, "pristine", True, ["in any model", "crash, place 2"]),
        (FOUND[:1] + FOUND[4:], "5.1.0.dev0", "pristine", True, ["in any model", "crash, place 2"]),
        (FOUND[:1] + FOUND[4:], DEFAULT_RELEASE, "fork", True, []),
        (FOUND[:1] + FOUND[4:], "4.57.6", "pristine", True, []),
        (FOUND[:1], "4.57.6", "fork", True, ["in any model", "halt, place 1"]),
        ([line("it crashes", 1, model="llama")], "4.57.6", "fork", False, []),
    ],
)
def test_a_place_where_nothing_breaks_is_stale(file, lines, release, build, whole, stale):
    """By the model that it names, or, if it names none, by a run of all."""
    found = problems(file, lines, None, release, build, whole)
    assert len(found) == bool(stale) and all(word in found[0] for word in stale)


def test_a_lock_is_written_and_read_line_by_line(file):
    lock = {"phi": COUNTED, "llama": {}}
    known.write_lock(f"{DEFAULT_RELEASE}-fork", lock)
    assert known.read_lock(f"{DEFAULT_RELEASE}-fork") == lock
    assert known.read_lock(f"{DEFAULT_RELEASE}-pristine") is None
    assert '\n    "crash 2": {"crash": 2, "fail": 1},\n' in known.lock_file(f"{DEFAULT_RELEASE}-fork").read_text()


def test_statuses_are_stated_and_nothing_else_changes(file):
    known.state_statuses(file, {"crash 1": {"crash"}, "crash 2": {"fail", "crash"}})
    expected = CRASH.replace('["refused"]', '["crash"]')
    expected = expected.replace('builds = ["pristine"]\n', 'builds = ["pristine"]\nstatuses = ["crash", "fail"]\n')
    assert file.read_text() == expected


def test_results_are_locked_and_what_was_not_judged_stays(file, tmp_path, monkeypatch):
    monkeypatch.setattr(known, "RESULTS", tmp_path / "results")
    subject = f"{DEFAULT_RELEASE}-fork"
    (tmp_path / "results" / subject).mkdir(parents=True)
    (tmp_path / "results" / subject / "phi.jsonl").write_text("".join(json.dumps(x) + "\n" for x in FOUND))
    known.write_lock(subject, {"llama": {"crash 2": {"fail": 1}, "gone 1": {"fail": 1}}, "no_such_model": {}})
    known.write()
    assert known.read_lock(subject) == {"llama": {"crash 2": {"fail": 1}}, "phi": COUNTED}
    assert file.read_text().count("statuses = ") == 3


def test_a_release_without_a_fork_has_no_lock_and_its_statuses_are_stated(file, tmp_path, monkeypatch):
    monkeypatch.setattr(known, "RESULTS", tmp_path / "results")
    (tmp_path / "results" / "5.17.0-pristine").mkdir(parents=True)
    lines = [line("it crashes", 1, "refused"), line("it halts", 1, "fail")]
    (tmp_path / "results" / "5.17.0-pristine" / "phi.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    known.write()
    assert not known.lock_file("5.17.0-pristine").exists()
    assert 'properties = ["shift"]\nstatuses = ["fail"]' in file.read_text()


SUBJECTS = sorted(file.stem for file in known.lock_file("").parent.glob("*.json"))


def test_all_models_of_a_counted_line_are_counted():
    """A subject is counted as a whole; one without a lock was not judged in full since its places changed."""
    for subject in SUBJECTS:
        assert set(listed_models(known.ROOT, subject.partition("-")[0])) <= known.read_lock(subject).keys(), subject


def test_every_place_of_this_repository_states_how_it_breaks():
    """What was counted in any subject is what the place states, if it states anything."""
    seen: dict[str, set[str]] = {}
    for subject in SUBJECTS:
        for counts in known.read_lock(subject).values():
            for key, by in counts.items():
                seen.setdefault(key, set()).update(by)
    stated = {place.key: place.where.get("statuses") for file in known.files() for place in known.places(file)}
    assert seen.keys() <= stated.keys()
    assert all(seen[key] <= set(stated[key]) for key in seen if stated[key] is not None)


def test_no_two_bugs_have_one_reason():
    """Results name an expected failure by its reason and the number of its place."""
    reasons = {place.bug: place.reason for file in known.files() for place in known.places(file)}
    assert len(set(reasons.values())) == len(reasons)
