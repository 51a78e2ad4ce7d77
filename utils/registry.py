"""The one registry of models: which models have tests, and what these tests state that a model is.

`registered_models` needs the standard library alone. `parts_of` imports the tests of a model, so it needs the
environment of a line, with the Transformers that is judged.
"""

import importlib.util
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from environment import DEFAULT_LINE, LINES

from overlay.layout import REPOSITORY


if TYPE_CHECKING:
    from transformers_conformance.core.mixins import JudgedTestMixin
    from transformers_conformance.core.property import Property
    from transformers_conformance.harness.model_spec import ModelSpec


@dataclass(frozen=True)
class RegisteredModel:
    """A model that has tests.

    Args:
        name: the folder in `transformers/models`, such as `gptj`; in another framework than PyTorch, `tf_gptj`.
        framework: `torch`, `tf` or `flax`.
        lines: the lines of releases whose lists name it.
        tests: the file of its tests.
    """

    name: str
    framework: str
    lines: tuple[str, ...]
    tests: Path

    @property
    def expected_failures(self) -> Path:
        """The file that says what is known to fail in it: of its folder, or of one above."""
        name = "expected_failures.toml"
        return next(folder / name for folder in self.tests.parents if (folder / name).exists())


@dataclass(frozen=True)
class Part:
    """A model, or a part of one, as a class of its tests states it."""

    tests: "type[JudgedTestMixin]"
    spec: "ModelSpec"

    @property
    def name(self) -> str:
        return self.tests.__name__

    @property
    def properties(self) -> "dict[str, Property]":
        """The properties of its topic, by name."""
        return self.tests.topic.properties


def registered_models(root: Path = REPOSITORY) -> dict[str, RegisteredModel]:
    """All models that have tests, by name; those in PyTorch first."""
    listed = {line: set(_list_of(line, root).read_text().split()) for line in LINES if _list_of(line, root).exists()}
    found = {}
    for file in sorted((root / "tests" / "models").glob("*/test_modeling_*.py")):
        name = file.parent.name
        found[name] = RegisteredModel(name, "torch", tuple(line for line in listed if name in listed[line]), file)
    # The newest line has PyTorch alone.
    others = tuple(line for line in LINES if line != DEFAULT_LINE)
    for file in sorted((root / "tests" / "adapted").glob("test_modeling_*.py")):
        name = file.stem.removeprefix("test_modeling_")
        found[name] = RegisteredModel(name, name.partition("_")[0], others, file)
    return found


def listed_models(root: Path, release: str) -> list[str]:
    """The models that a release is judged by: all that its fork changes, or a sample if it has no fork."""
    line = next((name for name, line in LINES.items() if line.release == release), None)
    file = root / "lines" / "models_sampled.txt" if line is None else _list_of(line, root)
    return file.read_text().split()


def adapted_models(root: Path, line: str) -> list[str]:
    """The models of a line in other frameworks than PyTorch, such as `tf_gptj`."""
    return [
        model.name for model in registered_models(root).values() if model.framework != "torch" and line in model.lines
    ]


def _list_of(line: str, root: Path) -> Path:
    return root / ("models_changed.txt" if line == DEFAULT_LINE else f"lines/{line}/models_changed.txt")


def parts_of(model: RegisteredModel) -> list[Part]:
    """What the tests of a model state, by the names of their classes; none if its rotation is not used.

    Raises:
        Exception: importing the tests fails, as it does where the release lacks the model.
    """
    from transformers_conformance.core.mixins import JudgedTestMixin

    classes = [tests for _, tests in inspect.getmembers(_module(model), inspect.isclass)]
    judged = [tests for tests in classes if issubclass(tests, JudgedTestMixin) and hasattr(tests, "topic")]
    return [Part(tests, spec) for tests in judged if (spec := tests.model_spec()) is not None]


def _module(model: RegisteredModel) -> ModuleType:
    """The tests of a model, imported once more, so that they see a Transformers that changed since."""
    spec = importlib.util.spec_from_file_location(model.tests.stem, model.tests)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # `inspect` looks for the source of a class there
    spec.loader.exec_module(module)
    return module
