"""Known deviations cover what they say, and no more."""

import pytest

from transformers_conformance import recording
from transformers_conformance.rope import Case, Deviation


def deviation(**keys) -> Deviation:
    return Deviation(**({"reason": "why", "properties": ("cast",)} | keys))


@pytest.mark.parametrize(
    ("keys", "covered"),
    [
        ({}, True),
        ({"properties": ("forward",)}, False),
        ({"rope_types": ("default",)}, False),
        ({"rope_types": ("yarn+mscale",)}, True),
        ({"rotary_ndims": ("odd",)}, True),
        ({"rotary_ndims": ("partial",)}, True),
        ({"rotary_ndims": ("full",)}, False),
        ({"rotary_ndims": ("none", "partial")}, True),
        ({"rotary_ndims": ("odd-half",)}, False),
        ({"values": ("0.625",)}, True),
        ({"values": ("None",)}, False),
        ({"statuses": ("refused",)}, True),
        ({"statuses": ("fail", "crash")}, False),
    ],
)
def test_cases(keys, covered):
    assert deviation(**keys).covers("cast", Case(8, 5, 0.625, "yarn+mscale"), "refused") is covered


def test_half_of_a_width_may_be_odd():
    odd_half = deviation(rotary_ndims=("odd-half",), rope_types=None)
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
    assert deviation(**keys).concerns("llama", "4.57.6", "pristine") is concerned


@pytest.mark.parametrize("release", ["5.0.0rc1", "5.24.0.dev0"])
def test_a_release_that_is_none_yet_counts(release):
    assert deviation(releases=">=5.0.0rc0").concerns("llama", release, "pristine")


def test_an_unknown_status_is_refused():
    with pytest.raises(ValueError, match="statuses may be fail, crash, refused, got pass"):
        deviation(statuses=("pass", "fail"))


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind may be by-design, upstream-bug, unsupported, got meant"):
        deviation(kind="meant")


def test_an_unknown_kind_of_width_is_refused():
    with pytest.raises(ValueError, match="rotary_ndims may be odd, partial, full, none, odd-half, got even"):
        deviation(rotary_ndims=("even",))


def test_a_file_is_read_and_other_keys_are_left_to_others(tmp_path, monkeypatch):
    file = tmp_path / "exceptions.toml"
    file.write_text(
        """
        [[exception]]
        reason = "one"
        repaired_by = "somebody"

        [[exception.where]]
        models = ["llama"]
        properties = ["cast"]

        [[exception.where]]
        models = ["phi", "llama"]
        properties = ["shift"]

        [[exception]]
        reason = "other"
        link = "https://x"

        [[exception.where]]
        models = ["phi"]
        properties = ["cast"]
        """
    )
    monkeypatch.setenv(recording.EXCEPTIONS, str(file))

    def known(model: str) -> list[tuple]:
        return [(one.reason, one.link, one.properties) for one in recording.known_deviations(model)]

    assert known("llama") == [("one", "", ["cast"]), ("one", "", ["shift"])]
    places = [(one.place, one.for_all_models) for one in recording.known_deviations("llama")]
    assert places == [(1, False), (2, False)]
    assert known("phi") == [("one", "", ["shift"]), ("other", "https://x", ["cast"])], "in the order of the file"


def test_a_place_without_models_is_for_all_of_them(tmp_path, monkeypatch):
    file = tmp_path / "exceptions.toml"
    file.write_text('[[exception]]\nreason = "one"\n[[exception.where]]\nproperties = ["cast"]\nbuilds = ["fork"]\n')
    monkeypatch.setenv(recording.EXCEPTIONS, str(file))
    monkeypatch.setenv(recording.BUILD, "fork")
    (known,) = recording.known_deviations("any")
    assert known.for_all_models and known.place == 1
    assert not deviation().for_all_models, "one of a class is for its model"
    monkeypatch.setenv(recording.BUILD, "pristine")
    assert recording.known_deviations("any") == ()


def test_without_a_file_nothing_is_known(monkeypatch):
    monkeypatch.delenv(recording.EXCEPTIONS, raising=False)
    assert recording.known_deviations("llama") == ()


@pytest.mark.parametrize(
    ("bug", "place", "said"),
    [
        ("", 'properties = ["cast"]', "exception 2, place 1: .*'reason'"),
        ('reason = "why"', 'models = ["phi"]', "exception 2, place 1: .*'properties'"),
        ('reason = "why"', 'properties = ["rotatoin"]', "exception 2, place 1 names no property: rotatoin"),
        ('reason = "why"', 'properties = ["cast"]\nreleases = "5 or so"', "exception 2, place 1: Invalid specifier"),
        ('reason = "why"', 'properties = ["cast"]\nmodel = "phi"', "exception 2, place 1: .*'model'"),
        ('reason = "why"', 'properties = ["cast"]\nlink = "https://x"', "exception 2, place 1: .*'link'"),
        ('reason = "why"', 'properties = ["cast"]\nplace = 1', "exception 2, place 1: .*'place'"),
        ('reason = "why"\nbuilds = []', 'properties = ["cast"]', "exception 2: builds must stand under"),
        ("reason = ", "", "exceptions.toml cannot be read"),
    ],
)
def test_a_faulty_file_is_named(tmp_path, bug, place, said):
    file = tmp_path / "exceptions.toml"
    right = '[[exception]]\nreason = "why"\n[[exception.where]]\nproperties = ["shift"]\n'
    file.write_text(f'{right}[[exception]]\nlink = ""\n{bug}\n[[exception.where]]\n{place}\n')
    with pytest.raises(ValueError, match=said):
        recording.load_deviations(file)


def test_a_bug_without_a_place_is_named(tmp_path):
    file = tmp_path / "exceptions.toml"
    file.write_text('[[exception]]\nreason = "why"\n')
    with pytest.raises(ValueError, match=r"exception 1 has no \[\[exception.where\]\]"):
        recording.load_deviations(file)
