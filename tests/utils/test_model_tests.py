"""Plain tests of models have the form in which they are written, and discovery writes those of a new model."""

import ast

import pytest
from model_tests import SPECIAL, STATED, PlainTests, is_as_written, otherwise_written, write
from registry import registered_models

from transformers import Gemma3TextConfig, Gemma3TextModel, LlamaConfig, LlamaModel
from transformers_conformance.rope import RotarySpec
from transformers_conformance.rope.discovery import describe
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


LLAMA = PlainTests.of(RotarySpec(LlamaConfig, LlamaModel, "half-split"))


def test_every_plain_file_is_as_it_would_be_written():
    assert otherwise_written() == []
    plain = [m for m in registered_models().values() if PlainTests.read(m.tests.read_text())]
    assert len(plain) > 100


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("class LlamaRotaryTest", "class LlamaTest"),
        ("    layout", "    rotated_last = True\n    layout"),
    ],
)
def test_a_file_of_another_form_is_found(before, after):
    assert before in LLAMA.text and is_as_written(LLAMA.text)
    changed = LLAMA.text.replace(before, after)
    assert PlainTests.read(changed) and not is_as_written(changed)


@pytest.mark.parametrize(
    "added",
    [
        "class Another:\n    pass\n",
        "    def run_pass(self):\n        pass\n",
        "    excluded_checks = {}\n",
    ],
)
def test_a_file_that_states_more_is_not_plain(added):
    assert PlainTests.read(LLAMA.text + added) is None


def test_a_comment_does_not_count():
    assert is_as_written(LLAMA.text.replace("    layout", "    # why\n    layout"))


def test_only_what_is_special_is_stated():
    special = RotarySpec(Gemma3TextConfig, Gemma3TextModel, "half-split", config_overrides={"head_dim": 8})
    assert list(PlainTests.of(special).stated) == [*STATED, "config_overrides"]
    assert "class Gemma3TextRotaryTest(" in PlainTests.of(special).text
    assert {*STATED, *SPECIAL} <= vars(RotaryNdimsOddTestMixin).keys()


def test_tests_of_a_new_model_are_what_this_repository_has(tmp_path):
    found = PlainTests.of(describe("llama"))
    assert write("llama", found, tmp_path) == ["llama: written to tests/models/llama/test_modeling_llama.py"]
    written = (tmp_path / "tests/models/llama/test_modeling_llama.py").read_text()
    assert written == registered_models()["llama"].tests.read_text()
    assert write("llama", found, tmp_path) == ["llama: discovery finds what its tests state"]


def test_tests_that_state_something_else_are_kept(tmp_path):
    other = PlainTests(LLAMA.imports, LLAMA.stated | {"layout": "'interleaved'"})
    write("llama", other, tmp_path)
    said = write("llama", LLAMA, tmp_path)
    assert said == ["llama: layout is 'interleaved', and discovery finds 'half-split'"]
    assert ast.parse((tmp_path / "tests/models/llama/test_modeling_llama.py").read_text())
