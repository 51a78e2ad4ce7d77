"""What is written down of a check is what came of it."""

import json

import pytest

from tiny_rope import TinyRopeConfig, TinyRopeModel
from transformers_conformance import recording
from transformers_conformance.rope import PROPERTIES, ConformanceError, Description


PROPERTY = PROPERTIES["forward"]
DESCRIPTION = Description(TinyRopeConfig, TinyRopeModel, "half-split")
(CASE,) = DESCRIPTION.cases(4, 3)


def broken(cause: Exception | None = None):
    def judge():
        raise ConformanceError("R1", "forward", "what broke") from cause

    return judge


@pytest.mark.parametrize(
    ("judge", "status", "reason"),
    [
        (lambda: None, "pass", None),
        (lambda: "as its tests say", "exception", "as its tests say"),
        (broken(), "fail", "what broke"),
        (broken(RuntimeError("shapes")), "crash", "what broke"),
        (broken(ValueError("`key` is out of range")), "refused", "what broke"),
    ],
)
def test_each_status(tmp_path, monkeypatch, judge, status, reason):
    file = tmp_path / "results.jsonl"
    monkeypatch.setenv(recording.FILE, str(file))
    monkeypatch.setenv(recording.BUILD, "mine")
    for _ in range(2):
        try:
            recording.record(PROPERTY, DESCRIPTION, CASE, judge)
        except ConformanceError:
            assert status in ("fail", "crash", "refused")
    first, second = (json.loads(line) for line in file.read_text().splitlines())
    assert (first["status"], first["reason"], first["build"]) == (status, reason, "mine")
    assert first["case"] == {"head_dim": 4, "n": 3, "value": repr(CASE.value), "rope_type": "default"}
    assert first.keys() == second.keys()


def test_nothing_is_written_where_no_file_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv(recording.FILE, raising=False)
    monkeypatch.chdir(tmp_path)
    recording.record(PROPERTY, DESCRIPTION, CASE, lambda: None)
    assert not list(tmp_path.iterdir())
