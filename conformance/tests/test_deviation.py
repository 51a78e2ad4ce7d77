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
        ({"values": ("0.625",)}, True),
        ({"values": ("None",)}, False),
    ],
)
def test_cases(keys, covered):
    assert deviation(**keys).covers("cast", Case(8, 5, 0.625, "yarn+mscale")) is covered


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


def test_an_unknown_kind_of_width_is_refused():
    with pytest.raises(ValueError, match="rotary_ndims may be odd, partial, full, none, got even"):
        deviation(rotary_ndims=("even",))


def test_a_file_is_read_and_other_keys_are_left_to_others(tmp_path, monkeypatch):
    file = tmp_path / "exceptions.toml"
    file.write_text(
        """
        [[exception]]
        reason = "one"
        models = ["llama"]
        properties = ["cast"]
        repaired_by = "somebody"

        [[exception]]
        reason = "other"
        models = ["phi"]
        properties = ["cast"]
        """
    )
    monkeypatch.setenv(recording.EXCEPTIONS, str(file))
    (known,) = recording.known_deviations("llama")
    assert (known.reason, known.models) == ("one", ["llama"])


def test_without_a_file_nothing_is_known(monkeypatch):
    monkeypatch.delenv(recording.EXCEPTIONS, raising=False)
    assert recording.known_deviations("llama") == ()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('properties = ["cast"]', "exception 1: .*'reason'"),
        ('reason = "why"\nproperties = ["rotatoin"]', "exception 1 names no property: rotatoin"),
        ('reason = "why"\nproperties = ["cast"]\nreleases = "5 or so"', "exception 1: Invalid specifier"),
        ("reason = ", "exceptions.toml cannot be read"),
    ],
)
def test_a_faulty_file_is_named(tmp_path, table, said):
    file = tmp_path / "exceptions.toml"
    file.write_text(f"[[exception]]\n{table}\n")
    with pytest.raises(ValueError, match=said):
        recording.load_deviations(file)
