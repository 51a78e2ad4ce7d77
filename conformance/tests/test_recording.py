"""What is written down of a check is what came of it."""

import json
from dataclasses import replace

import pytest

from tiny_rope import TinyRopeConfig, TinyRopeModel
from transformers_conformance import recording
from transformers_conformance.rope import PROPERTIES, ConformanceError, Description, Deviation, Result, judge_case


DESCRIPTION = Description(
    TinyRopeConfig,
    TinyRopeModel,
    "half-split",
    exceptions=(Deviation(reason="as is known", properties=("forward",), rotary_ndims=("full",), place=7),),
)
(CASE,) = DESCRIPTION.cases(4, 3)


def judged(status: str, n: int) -> Result:
    def check(description, case):
        raise ConformanceError("R1", "forward", "what broke", status)

    return judge_case(replace(PROPERTIES["forward"], check=check), DESCRIPTION, DESCRIPTION.cases(4, n)[0])


@pytest.mark.parametrize(
    ("result", "status", "reason", "known"),
    [
        (judge_case(PROPERTIES["forward"], DESCRIPTION, CASE), "pass", None, None),
        (judged("fail", 3), "fail", "what broke", None),
        (judged("fail", 4), "fail", "what broke", "as is known"),
        (judged("crash", 3), "crash", "what broke", None),
        (judged("refused", 3), "refused", "what broke", None),
        (Result("R1", "forward", "tiny_rope", None, "not-applicable", "why"), "not-applicable", "why", None),
    ],
)
def test_each_status(tmp_path, monkeypatch, result, status, reason, known):
    file = tmp_path / "results.jsonl"
    monkeypatch.setenv(recording.RESULTS, str(file))
    monkeypatch.setenv(recording.BUILD, "mine")
    recording.record(result)
    recording.record(result)
    first, second = (json.loads(line) for line in file.read_text().splitlines())
    assert first == second
    assert (first["status"], first["reason"], first["known"]) == (status, reason, known)
    assert (first["rule"], first["property"], first["build"], first["model"]) == ("R1", "forward", "mine", "tiny_rope")
    assert (first["case"] is None) == (status == "not-applicable")
    assert first["place"] == (7 if known else None)
    assert result.unexpected == (reason == "what broke" and known is None)


def test_a_case_is_written_in_full(tmp_path, monkeypatch):
    file = tmp_path / "results.jsonl"
    monkeypatch.setenv(recording.RESULTS, str(file))
    recording.record(judge_case(PROPERTIES["forward"], DESCRIPTION, CASE))
    case = json.loads(file.read_text())["case"]
    assert case == {"head_dim": 4, "n": 3, "value": repr(CASE.value), "rope_type": "default"}


def test_nothing_is_written_where_no_file_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv(recording.RESULTS, raising=False)
    monkeypatch.chdir(tmp_path)
    recording.record(judge_case(PROPERTIES["forward"], DESCRIPTION, CASE))
    assert not list(tmp_path.iterdir())
