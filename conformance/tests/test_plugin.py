"""Stale expected failures fail a session, with any number of workers."""

from pathlib import Path

import pytest


pytest_plugins = ["pytester"]

CODE = """
import sys, unittest
sys.path.insert(0, {tests!r})

from tiny_rope import TinyRopeConfig, TinyRopeModel
from transformers_conformance.core.expected_failure import ExpectedFailure
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin
from wrong_ropes import CONTROLS


class JudgedTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class, layout = TinyRopeConfig, "half-split"
    model_class = {model}
    expected_failures = {expected}


for name in JudgedTest.judged_tests():
    if "_cast_" not in name and "_warning_head_dim_8" not in name:
        setattr(JudgedTest, name, None)
"""
BROKEN = 'CONTROLS["TableFollowsCast"].model_class'
CAST = '(ExpectedFailure(reason="the table is cast", properties=("cast",)),)'


def session(pytester, model: str, expected: str, *arguments: str):
    code = CODE.format(tests=str(Path(__file__).parent), model=model, expected=expected)
    pytester.makepyfile(code)
    return pytester.runpytest_subprocess("-q", *arguments)


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("model", "expected", "stale"),
    [
        (BROKEN, CAST, False),
        ("TinyRopeModel", CAST, True),
        ("TinyRopeModel", "()", False),
        (
            BROKEN,
            '(*(ExpectedFailure(reason=x, properties=("cast",)) for x in ("the table is cast", "another")),)',
            True,
        ),
    ],
)
def test_an_expected_failure_that_no_test_of_a_class_meets_is_stale(pytester, workers, model, expected, stale):
    done = session(pytester, model, expected, "-n", workers)
    assert done.ret == int(stale)
    assert done.parseoutcomes().get("failed", 0) == 0
    assert ("STALE" in done.stdout.str() and "no longer fails, remove it: " in done.stdout.str()) == stale


def test_a_class_that_did_not_run_in_full_has_no_stale_expected_failures(pytester):
    assert session(pytester, "TinyRopeModel", CAST, "-k", "head_dim_8_n_8").ret == 0


@pytest.mark.parametrize(("models", "stale"), [("", False), ('models = ["tiny_rope"]', True)])
def test_one_model_makes_a_place_of_the_file_stale_only_if_the_place_names_it(pytester, models, stale):
    file = pytester.path / "expected_failures.toml"
    file.write_text(
        f'[[expected_failure]]\nreason = "why"\n[[expected_failure.where]]\nproperties = ["cast"]\n{models}\n'
    )
    done = session(pytester, "TinyRopeModel", "()", f"--conformance-expected-failures={file}")
    assert done.ret == int(stale)
    assert ("remove it: why" in done.stdout.str()) == stale


@pytest.mark.parametrize(("chosen", "passed"), [((), 2), (("masks", "rope"), 1), (("masks",), 0)])
def test_a_topic_is_chosen(pytester, chosen, passed):
    """Tests that judge nothing belong to no topic."""
    pytester.makepyfile(test_other="def test_other(): pass")
    cast = "test_rotary_ndims_even_cast or test_other"
    options = [f"--conformance-topics={name}" for name in chosen]
    counts = session(pytester, "TinyRopeModel", "()", "-k", cast, *options).parseoutcomes()
    assert counts.get("passed", 0) == passed
