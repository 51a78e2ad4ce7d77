"""A model from a file: its classes, and its description."""

from typing import get_args

import pytest

from tiny_rope import InterleavedModel, TinyRopeConfig, TinyRopeModel
from transformers_conformance.harness.own_code import load_model
from transformers_conformance.rope.discovery import NoDescriptionError, describe_class, describe_stated
from transformers_conformance.rope.reference import Layout
from wrong_ropes import CONTROLS


CODE = "from .parts import Config\n\n\nclass Model:\n    config_class = Config\n\n\nno_class = 3\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "parts.py").write_text("class Config:\n    pass\n")
    (tmp_path / "model.py").write_text(CODE)
    return tmp_path


def test_classes_are_found_also_those_imported_from_the_same_folder(folder):
    config_class, model_class, layout = load_model(f"{folder}/model.py:Config:Model:interleaved", get_args(Layout))
    assert (config_class.__name__, model_class.config_class, layout) == ("Config", config_class, "interleaved")


@pytest.mark.parametrize(
    ("place", "error", "said"),
    [
        ("model.py:Config", ValueError, "is not file.py:ConfigClass:ModelClass:layout"),
        ("model.py:Config:Model", ValueError, "whose layout is half-split or interleaved"),
        ("model.py:Config:Model:sideways", ValueError, "whose layout is half-split or interleaved"),
        ("other.py:Config:Model:half-split", FileNotFoundError, "there is no file .*other.py"),
        ("model.py:Configuration:Model:half-split", ValueError, "model.py has no class Configuration"),
        ("model.py:Config:no_class:half-split", ValueError, "model.py has no class no_class"),
    ],
)
def test_what_is_missing_is_named(folder, place, error, said):
    with pytest.raises(error, match=said):
        load_model(f"{folder}/{place}", get_args(Layout))


def test_a_model_is_described_by_the_layout_that_is_stated():
    assert describe_stated(InterleavedModel, TinyRopeConfig, "interleaved")[0].layout == "interleaved"
    with pytest.raises(NoDescriptionError, match="turns no pairs as half-split does"):
        describe_class(InterleavedModel, "half-split", TinyRopeConfig)


@pytest.mark.parametrize("model_class", [InterleavedModel, CONTROLS["CosineForgotten"].model_class])
def test_a_model_with_another_layout_than_stated_is_judged(model_class):
    stated, retries = describe_stated(model_class, TinyRopeConfig, "half-split")
    assert (stated.model_class, stated.layout, stated.config_overrides, retries) == (model_class, "half-split", {}, [])


class Ungrouped(TinyRopeModel):
    def __init__(self, config):
        if config.num_key_value_heads < config.num_attention_heads:
            raise self.error(config)
        super().__init__(config)

    @staticmethod
    def error(config):
        return RuntimeError("shapes differ")


class Refusing(Ungrouped):
    @staticmethod
    def error(config):
        return ValueError(f"num_key_value_heads={config.num_key_value_heads} must be as many as heads")


@pytest.mark.parametrize(("model_class", "refused"), [(Ungrouped, False), (Refusing, True)])
def test_a_changed_config_is_reported_with_the_reason(model_class, refused):
    found, retries = describe_stated(model_class, TinyRopeConfig, "half-split")
    assert found.config_overrides == {"num_key_value_heads": 4}
    assert retries and {retry.refused for retry in retries} == {refused}
    assert describe_stated(TinyRopeModel, TinyRopeConfig, "half-split")[1] == []
