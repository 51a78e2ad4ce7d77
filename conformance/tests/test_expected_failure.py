"""Expected failures cover the cases that they state, and no others."""

import pytest

from transformers_conformance.core import recording
from transformers_conformance.core.expected_failure import ExpectedFailure
from transformers_conformance.core.settings import settings
from transformers_conformance.rope import ROTARY, Case


def failure(**keys) -> ExpectedFailure:
    return ExpectedFailure(**({"reason": "why", "properties": ("cast",)} | keys))


@pytest.mark.parametrize(
    ("keys", "covered"),
    [
        ({}, True),
        ({"properties": ("forward",)}, False),
        ({"filters": {"rope_types": ("default",)}}, False),
        ({"filters": {"rope_types": ("yarn+mscale",)}}, True),
        ({"filters": {"rotary_ndims": ("odd",)}}, True),
        ({"filters": {"rotary_ndims": ("partial",)}}, True),
        ({"filters": {"rotary_ndims": ("full",)}}, False),
        ({"filters": {"rotary_ndims": ("none", "partial")}}, True),
        ({"filters": {"rotary_ndims": ("odd-half",)}}, False),
        ({"filters": {"values": ("0.625",)}}, True),
        ({"filters": {"values": ("None",)}}, False),
        ({"statuses": ("refused",)}, True),
        ({"statuses": ("fail", "crash")}, False),
    ],
)
def test_cases(keys, covered):
    assert failure(**keys).covers("cast", Case(8, 5, 0.625, "yarn+mscale"), "refused") is covered


def test_half_of_a_width_may_be_odd():
    odd_half = failure(filters={"rotary_ndims": ("odd-half",)})
    assert [n for n in range(9) if odd_half.covers("cast", Case(8, n, n / 8), "fail")] == [2, 3, 6, 7]


@pytest.mark.parametrize(
    ("keys", "concerned"),
    [
        ({}, True),
        ({"models": ("phi",)}, False),
        ({"models": ("phi", "llama")}, True),
        ({"releases": ">=5"}, False),
        ({"releases": ">=4.44,<5"}, True),
        ({"builds": ("fork",)}, False),
        ({"builds": ("pristine",)}, True),
    ],
)
def test_models_releases_and_builds(keys, concerned):
    assert failure(**keys).concerns("llama", "4.57.6", "pristine") is concerned


@pytest.mark.parametrize("release", ["5.0.0rc1", "5.24.0.dev0"])
def test_a_prerelease_counts(release):
    assert failure(releases=">=5.0.0rc0").concerns("llama", release, "pristine")


def test_an_unknown_status_is_refused():
    with pytest.raises(ValueError, match="statuses may be fail, crash, refused, got pass"):
        failure(statuses=("pass", "fail"))


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind may be by-design, upstream-bug, unsupported, got meant"):
        failure(kind="meant")


def test_an_unknown_kind_of_width_is_refused():
    with pytest.raises(ValueError, match="rotary_ndims may be odd, partial, full, none, odd-half, got even"):
        ROTARY.require_known(("cast",), {"rotary_ndims": ("even",)})


def test_a_file_is_read_and_other_keys_are_ignored(tmp_path, monkeypatch):
    file = tmp_path / "expected_failures.toml"
    file.write_text(
        """
        [[expected_failure]]
        reason = "one"
        repaired_by = "somebody"

        [[expected_failure.where]]
        models = ["llama"]
        properties = ["cast"]

        [[expected_failure.where]]
        models = ["phi", "llama"]
        properties = ["shift"]

        [[expected_failure]]
        reason = "other"
        link = "https://x"

        [[expected_failure.where]]
        models = ["phi"]
        properties = ["cast"]
        """
    )
    monkeypatch.setattr(settings, "expected_failures", file)

    def known(model: str) -> list[tuple]:
        return [(one.reason, one.link, one.properties) for one in recording.expected_failures_of(model, ROTARY)]

    assert known("llama") == [("one", "", ["cast"]), ("one", "", ["shift"])]
    places = [(one.place, one.for_all_models) for one in recording.expected_failures_of("llama", ROTARY)]
    assert places == [(1, False), (2, False)]
    assert known("phi") == [("one", "", ["shift"]), ("other", "https://x", ["cast"])], "in the order of the file"


def test_a_place_without_models_applies_to_all_models(tmp_path, monkeypatch):
    file = tmp_path / "expected_failures.toml"
    file.write_text(
        '[[expected_failure]]\nreason = "one"\n[[expected_failure.where]]\nproperties = ["cast"]\nbuilds = ["fork"]\n'
    )
    monkeypatch.setattr(settings, "expected_failures", file)
    monkeypatch.setattr(settings, "build", "fork")
    (known,) = recording.expected_failures_of("any", ROTARY)
    assert known.for_all_models and known.place == 1
    assert not failure().for_all_models, "one of a class is for its model"
    monkeypatch.setattr(settings, "build", "pristine")
    assert recording.expected_failures_of("any", ROTARY) == ()


def test_without_a_file_nothing_is_known(monkeypatch):
    monkeypatch.setattr(settings, "expected_failures", None)
    assert recording.expected_failures_of("llama", ROTARY) == ()


@pytest.mark.parametrize(
    ("bug", "place", "said"),
    [
        ("", 'properties = ["cast"]', "expected failure 2, place 1: .*'reason'"),
        ('reason = "why"', 'models = ["phi"]', "expected failure 2, place 1: .*'properties'"),
        (
            'reason = "why"',
            'properties = ["cast", "rotatoin"]',
            "place 1: there is no property rotatoin",
        ),
        (
            'reason = "why"',
            'properties = ["cast"]\nreleases = "5 or so"',
            "expected failure 2, place 1: Invalid specifier",
        ),
        (
            'reason = "why"',
            'properties = ["cast"]\nmodel = "phi"',
            "expected failure 2, place 1: there is no filter 'model'",
        ),
        (
            'reason = "why"',
            'properties = ["cast"]\nlink = "https://x"',
            "expected failure 2, place 1: there is no filter 'link'",
        ),
        (
            'reason = "why"',
            'properties = ["cast"]\nplace = 1',
            "expected failure 2, place 1: there is no filter 'place'",
        ),
        ('reason = "why"\nbuilds = []', 'properties = ["cast"]', "expected failure 2: builds must stand under"),
        ("reason = ", "", "expected_failures.toml cannot be read"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, monkeypatch, bug, place, said):
    file = tmp_path / "expected_failures.toml"
    right = '[[expected_failure]]\nreason = "why"\n[[expected_failure.where]]\nproperties = ["shift"]\n'
    file.write_text(f'{right}[[expected_failure]]\nlink = ""\n{bug}\n[[expected_failure.where]]\n{place}\n')
    monkeypatch.setattr(settings, "expected_failures", file)
    with pytest.raises(ValueError, match=said):
        recording.expected_failures_of("phi", ROTARY)


def test_a_bug_without_a_place_is_named(tmp_path):
    file = tmp_path / "expected_failures.toml"
    file.write_text('[[expected_failure]]\nreason = "why"\n')
    with pytest.raises(ValueError, match=r"expected failure 1 has no \[\[expected_failure.where\]\]"):
        recording.load_expected_failures(file)
