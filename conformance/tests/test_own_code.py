"""A model from a file: its classes, and what is found out about it."""

import pytest

from tiny_rope import InterleavedModel, TinyRopeConfig, TinyRopeModel
from transformers_conformance.own_code import load_classes
from transformers_conformance.rope.discovery import NoDescriptionError, describe_class, describe_or_assume
from wrong_ropes import CONTROLS


CODE = "from .parts import Config\n\n\nclass Model:\n    config_class = Config\n\n\nno_class = 3\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "parts.py").write_text("class Config:\n    pass\n")
    (tmp_path / "model.py").write_text(CODE)
    return tmp_path


def test_classes_are_found_also_those_imported_from_beside(folder):
    config_class, model_class = load_classes(f"{folder}/model.py:Config:Model")
    assert (config_class.__name__, model_class.config_class) == ("Config", config_class)


@pytest.mark.parametrize(
    ("place", "error", "said"),
    [
        ("model.py:Config", ValueError, "is not file.py:ConfigClass:ModelClass"),
        ("other.py:Config:Model", FileNotFoundError, "there is no file .*other.py"),
        ("model.py:Configuration:Model", ValueError, "model.py has no class Configuration"),
        ("model.py:Config:no_class", ValueError, "model.py has no class no_class"),
    ],
)
def test_what_is_missing_is_named(folder, place, error, said):
    with pytest.raises(error, match=said):
        load_classes(f"{folder}/{place}")


@pytest.mark.parametrize(("model_class", "layout"), [(TinyRopeModel, "half-split"), (InterleavedModel, "interleaved")])
def test_the_layout_shows(model_class, layout):
    assert describe_or_assume(model_class, TinyRopeConfig).layout == layout


def test_a_model_that_turns_in_no_layout_is_judged_all_the_same():
    wrong = CONTROLS["CosineForgotten"].model_class
    with pytest.raises(NoDescriptionError):
        describe_class(wrong, TinyRopeConfig)
    assumed = describe_or_assume(wrong, TinyRopeConfig)
    assert (assumed.config_class, assumed.model_class, assumed.layout) == (TinyRopeConfig, wrong, "half-split")
