"""Failures with one cause are one line."""

import pytest
from runner.causes import causes_of


def line(name: str, n: int, status: str = "fail", got: str = "wrong", **keys) -> dict:
    case = {"head_dim": 8, "n": n, "value": repr(n / 8), "rope_type": "default"} | keys
    reason = f"R1, {name}: Own, head_dim=8\n  {name} of q\n  expected: right\n  got:      {got}\n  config:   {{}}"
    return {"property": name, "rule": "R1", "case": case, "status": status, "reason": reason, "known": None}


NAMES = ("rotation", "layers", "shift")


def texts(lines: list[dict]) -> list[str]:
    return [str(cause) for cause in causes_of(lines)]


def test_a_model_without_partial_widths_is_one_line():
    lines = [line(name, n, "pass" if n == 8 else "fail") for name in NAMES for n in range(1, 9)]
    assert texts(lines) == ["R1, 21 failures in rotation, layers, shift: partial widths"]


def test_the_kind_of_width_that_explains_more_counts():
    lines = [line(name, n, "fail" if n % 2 else "pass") for name in NAMES for n in range(2, 9)]
    assert texts(lines) == ["R1, 9 failures in rotation, layers, shift: odd widths"]


def test_a_kind_that_passes_as_often_explains_nothing():
    lines = [line(name, n, "fail" if n < 4 else "pass") for name in NAMES[:2] for n in range(2, 8)]
    assert texts(lines) == [f"R1, 2 failures in {name}: {name} of q" for name in NAMES[:2]]


def test_errors_with_different_numbers_are_one_line():
    errors = [line(name, n, "crash", f"RuntimeError: size {n} is not {n + 1}") for name in NAMES for n in (2, 8)]
    wrapped = [line("range", n, "crash", f"Wrapped:\n    ValueError: {n}") for n in (2, 8)]
    assert texts(errors + wrapped) == [
        "R1, 6 failures in rotation, layers, shift: RuntimeError: size # is not #",
        "R1, 2 failures in range: Wrapped: ValueError: #",
    ]


@pytest.mark.parametrize("keys", [{"known": "why"}, {"status": "pass"}, {"case": None, "status": "not-applicable"}])
def test_results_without_an_unknown_failure_have_no_cause(keys):
    assert causes_of([line("rotation", 2) | keys]) == []


def test_many_properties_are_not_all_named():
    lines = [line(f"p{number}", 8, "crash", "RuntimeError: no") for number in range(6)]
    assert texts(lines) == ["R1, 6 failures in p0, p1, p2, p3 and 2 more: RuntimeError: no"]


def test_cases_of_a_topic_with_other_parameters_are_told_by_property():
    lines = [line(name, 8) | {"case": {"tokens": tokens}} for name in NAMES for tokens in (4, 8)]
    assert texts(lines) == [f"R1, 2 failures in {name}: {name} of q" for name in NAMES]
