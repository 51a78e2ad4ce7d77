"""What is asked of a model is decided by its config, its modules and its spec, and not by the text of its source."""

import ast
from pathlib import Path

import pytest
from transformers import PretrainedConfig

import transformers_conformance
from transformers_conformance.harness.config_fields import takes_undeclared
from transformers_conformance.harness.model_spec import ModelSpec


SUITE = Path(transformers_conformance.__file__).parent
# The functions that still read source, each with what they look for. Take out what is replaced; add none.
READERS = {
    "harness/model_spec.py": {"code"},  # for the two modules below
    "harness/tiny_config.py": {"_heads_of_some_layers"},  # sizes that a config takes and keeps in another object
    "rope/discovery.py": {"_own_configs"},  # which classes to try; each is then built and run
    "rope/spec.py": {"names_a_base"},
}
OF_CODE = {"harness/model_spec.py", "rope/spec.py"}  # that give `code` to `tiny_sizes` and to `detect_width`


def functions_that(reads, path: Path) -> set[str]:
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return {function.name for function in functions if any(map(reads, ast.walk(function)))}


def test_source_is_read_by_the_named_functions_alone():
    found = {}
    for path in SUITE.rglob("*.py"):
        names = functions_that(lambda node: getattr(node, "attr", getattr(node, "id", None)) == "getsource", path)
        if names:
            found[path.relative_to(SUITE).as_posix()] = names
    assert found == READERS


def test_the_code_of_a_model_is_read_in_the_named_modules_alone():
    def reads(node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Attribute)
            and node.attr == "code"
            and getattr(node.value, "id", "")
            in (
                "self",
                "spec",
            )
        )

    assert {p.relative_to(SUITE).as_posix() for p in SUITE.rglob("*.py") if functions_that(reads, p)} == OF_CODE


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
