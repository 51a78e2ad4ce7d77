"""The recorded result of a check is its real result."""

import json
from dataclasses import replace

import pytest

from tiny_rope import TinyRopeConfig, TinyRopeModel
from transformers_conformance.core import recording
from transformers_conformance.core.expected_failure import ExpectedFailure
from transformers_conformance.core.results import Result, judge_case
from transformers_conformance.core.settings import settings
from transformers_conformance.core.verdict import ConformanceError
from transformers_conformance.rope import ROTARY, RotarySpec


SPEC = RotarySpec(TinyRopeConfig, TinyRopeModel, "half-split")
KNOWN = ExpectedFailure(reason="as is known", properties=("forward",), filters={"rotary_ndims": ("full",)}, place=7)
(CASE,) = SPEC.cases_of(4, 3)


def judged(status: str, n: int) -> Result:
    def check(spec, case):
        raise ConformanceError("R1", "forward", "what broke", status)

    return judge_case(replace(ROTARY.properties["forward"], check=check), SPEC, SPEC.cases_of(4, n)[0], (KNOWN,))


@pytest.mark.parametrize(
    ("result", "status", "reason", "known"),
    [
        (judge_case(ROTARY.properties["forward"], SPEC, CASE), "pass", None, None),
        (judged("fail", 3), "fail", "what broke", None),
        (judged("fail", 4), "fail", "what broke", "as is known"),
        (judged("crash", 3), "crash", "what broke", None),
        (judged("refused", 3), "refused", "what broke", None),
        (Result("R1", "forward", "tiny_rope", None, "not-applicable", "why"), "not-applicable", "why", None),
    ],
)
def test_each_status(tmp_path, monkeypatch, result, status, reason, known):
    file = tmp_path / "results.jsonl"
    monkeypatch.setattr(settings, "results", file)
    monkeypatch.setattr(settings, "build", "mine")
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
    monkeypatch.setattr(settings, "results", file)
    recording.record(judge_case(ROTARY.properties["forward"], SPEC, CASE))
    case = json.loads(file.read_text())["case"]
    assert case == {"head_dim": 4, "n": 3, "value": repr(CASE.value), "rope_type": "default"}


def test_nothing_is_written_without_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "results", None)
    monkeypatch.chdir(tmp_path)
    recording.record(judge_case(ROTARY.properties["forward"], SPEC, CASE))
    assert not list(tmp_path.iterdir())
