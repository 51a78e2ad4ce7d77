"""The registry of models: every model has tests in one form, which describe the model."""

import pytest
from environment import DEFAULT_LINE, LINES
from registry import RegisteredModel, adapted_models, listed_models, parts_of, registered_models

from overlay.layout import REPOSITORY
from transformers_conformance.rope import AxialRotarySpec, RotarySpec, SeveralAxesSpec


MODELS = registered_models()
OF_TORCH = [model for model in MODELS.values() if model.framework == "torch"]


SAMPLE = (REPOSITORY / "lines/models_sampled.txt").read_text().split()


@pytest.mark.parametrize("name", SAMPLE)
def test_a_model_states_what_it_is(name):
    parts = parts_of(MODELS[name])
    assert parts
    for part in parts:
        assert isinstance(part.spec, (RotarySpec, AxialRotarySpec, SeveralAxesSpec))
        assert part.properties is part.tests.topic.properties
        assert part.tests.__module__ == MODELS[name].tests.stem
    assert len({part.name for part in parts}) == len(parts)


def test_a_model_that_does_not_use_its_rotation_states_nothing():
    assert parts_of(MODELS["jamba"]) == []


def test_each_model_has_one_file_of_tests_named_after_it():
    for model in OF_TORCH:
        assert model.tests == REPOSITORY / "tests/models" / model.name / f"test_modeling_{model.name}.py"
    folders = {path.parent.name for path in (REPOSITORY / "tests/models").glob("*/test_*.py")}
    assert folders == {model.name for model in OF_TORCH}


def test_every_listed_model_is_tested_and_every_tested_model_is_listed():
    for name, line in LINES.items():
        listed = [*listed_models(REPOSITORY, line.release), *adapted_models(REPOSITORY, name)]
        assert sorted(listed) == sorted(model.name for model in MODELS.values() if name in model.lines)
    assert all(model.lines for model in MODELS.values())


def test_models_in_other_frameworks_are_those_of_the_older_line():
    assert adapted_models(REPOSITORY, DEFAULT_LINE) == []
    adapted = adapted_models(REPOSITORY, "4.57")
    assert {MODELS[name].framework for name in adapted} == {"tf", "flax"}
    assert {name.partition("_")[2] for name in adapted} <= MODELS.keys()


def test_what_is_known_to_fail_stands_in_the_folder_of_the_tests_or_above(tmp_path):
    (tmp_path / "expected_failures.toml").touch()
    tests = tmp_path / "models" / "phi" / "test_modeling_phi.py"
    assert RegisteredModel("phi", "torch", (), tests).expected_failures == tmp_path / "expected_failures.toml"
