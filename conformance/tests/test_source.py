"""What is asked of a model is decided by its config, its modules and its spec, and not by the text of its source."""

import ast
from pathlib import Path

import pytest
from transformers import PretrainedConfig

import transformers_conformance
from transformers_conformance.harness.config_fields import takes_undeclared
from transformers_conformance.harness.model_spec import ModelSpec


SUITE = Path(transformers_conformance.__file__).parent
# `rope.discovery.rope_models` reads the names of definitions in files, to list the models that are then built and run.
READERS = {"getsource", "getsourcelines", "getsourcefile", "findsource", "getcomments"}


def names_in(path: Path) -> set[str]:
    return {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(ast.parse(path.read_text()))}


def test_no_source_is_read():
    assert not {path.name: found for path in SUITE.rglob("*.py") if (found := names_in(path) & READERS)}
    assert READERS & names_in(Path(ast.__file__).with_name("inspect.py"))


class Renames(PretrainedConfig):
    def __init__(self, width=1.0, **kwargs):
        self.width = kwargs.pop("older_width", width)
        super().__init__(**kwargs)


class Swallows(PretrainedConfig):
    def __init__(self, width=1.0, **kwargs):
        self.width = width
        super().__init__()


class Refuses(PretrainedConfig):
    def __init__(self, width=1.0):
        super().__init__()


@pytest.mark.parametrize(("config_class", "takes"), [(Renames, True), (Swallows, False), (Refuses, False)])
def test_a_key_that_a_config_does_not_declare_is_taken_if_the_config_reads_it(config_class, takes):
    assert takes_undeclared(config_class, "older_width") is takes
    assert not takes_undeclared(config_class, "another")


@pytest.mark.parametrize(("name", "sinks"), [("GptOss", True), ("Llama", False)])
def test_sinks_are_found_among_the_parameters(name, sinks):
    import transformers

    spec = ModelSpec(getattr(transformers, f"{name}Config"), getattr(transformers, f"{name}Model"))
    assert spec.has_sinks is sinks
