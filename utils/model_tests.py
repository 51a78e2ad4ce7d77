"""Writes the plain tests of models: one class, which states the model and nothing else.

Files with more than that are written by hand. `make models` checks the form of all plain files.
"""

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from registry import registered_models

from overlay.layout import REPOSITORY


if TYPE_CHECKING:
    from transformers_conformance.rope import RotarySpec


MIXIN = "RotaryNdimsOddTestMixin"
_MIXIN_IMPORT = f"from transformers_conformance.rope.testing import {MIXIN}"
# What every file states, and what a model may need in addition, in the order of the file.
STATED = ("config_class", "model_class", "layout")
SPECIAL = (
    "input_adapter",
    "rotated_last",
    "normed_after_rotation",
    "scaled_after_rotation",
    "rope_types",
    "score_scale",
    "config_overrides",
)


@dataclass(frozen=True)
class PlainTests:
    """What a plain file states.

    Args:
        imports: the modules that the config class and the model class are imported from, by the names of the classes.
        stated: the attributes of the class of tests, each as an expression.
    """

    imports: dict[str, str]
    stated: dict[str, str]

    @classmethod
    def of(cls, spec: "RotarySpec") -> "PlainTests":
        """The tests of a spec that discovery found."""
        classes = (spec.config_class, spec.model_class)
        stated = {"config_class": classes[0].__name__, "model_class": classes[1].__name__, "layout": repr(spec.layout)}
        fields = type(spec).__dataclass_fields__
        for name in SPECIAL:
            value = getattr(spec, name)
            if value and value != fields[name].default:
                stated[name] = repr(value)
        return cls({one.__name__: _public_module(one) for one in classes}, stated)

    @classmethod
    def read(cls, text: str) -> "PlainTests | None":
        """What a file states; None if it is not plain."""
        tree = ast.parse(text)
        imports, classes = _imports(tree), [node for node in tree.body if isinstance(node, ast.ClassDef)]
        if len(classes) != 1 or [ast.unparse(base) for base in classes[0].bases] != [MIXIN, "unittest.TestCase"]:
            return None
        if not all(isinstance(node, ast.Assign) for node in classes[0].body):
            return None
        stated = {ast.unparse(node.targets[0]): ast.unparse(node.value) for node in classes[0].body}
        named = {stated.get("config_class"), stated.get("model_class")}
        is_plain = stated.keys() <= {*STATED, *SPECIAL} and imports.keys() == {*named, MIXIN}
        return cls({name: imports[name] for name in sorted(named)}, stated) if is_plain else None

    @property
    def code(self) -> str:
        """The file, without comments and not formatted."""
        lines = [f"from {module} import {name}" for name, module in self.imports.items()]
        order = [name for name in (*STATED, *SPECIAL) if name in self.stated]
        model = self.stated["model_class"].removesuffix("Model")
        return "\n".join(
            [
                "import unittest",
                *lines,
                _MIXIN_IMPORT,
                f"class {model}RotaryTest({MIXIN}, unittest.TestCase):",
                *(f"    {name} = {self.stated[name]}" for name in order),
            ]
        )

    @property
    def text(self) -> str:
        """The file, formatted."""
        text = self.code
        for command in (("check", "--fix-only", "--quiet", "--select", "I"), ("format", "--quiet")):
            text = subprocess.run(
                [sys.executable, "-m", "ruff", *command, "--stdin-filename", "tests/models/test_modeling.py", "-"],
                input=text,
                cwd=REPOSITORY,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        return text


def is_as_written(text: str) -> bool:
    """Whether a file is what `PlainTests` would write, but for comments and format; True if the file is not plain."""
    plain = PlainTests.read(text)
    return plain is None or _meaning(plain.code) == _meaning(text)


def _meaning(text: str) -> tuple[dict[str, str], list[str]]:
    """The imports, in any order, and the other statements."""
    tree = ast.parse(text)
    return _imports(tree), [ast.unparse(node) for node in tree.body if not isinstance(node, ast.ImportFrom)]


def _imports(tree: ast.Module) -> dict[str, str]:
    """The names that a file imports, each with its module."""
    return {alias.name: node.module for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}


def otherwise_written(root: Path = REPOSITORY) -> list[str]:
    """The models with plain tests that have another form than those that are written here."""
    models = [model for model in registered_models(root).values() if model.framework == "torch"]
    return [model.name for model in models if not is_as_written(model.tests.read_text())]


def _public_module(cls: type) -> str:
    """`transformers` if the class can be imported from there, or else its module."""
    import transformers

    return "transformers" if getattr(transformers, cls.__name__, None) is cls else cls.__module__


def write(model: str, found: PlainTests, root: Path = REPOSITORY) -> list[str]:
    """Writes the tests of a model that has none, or else compares its tests with what discovery finds.

    Args:
        found: what discovery finds.

    Returns:
        Lines that say what was written, or what differs.
    """
    path = root / "tests" / "models" / model / f"test_modeling_{model}.py"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found.text)
        return [f"{model}: written to {path.relative_to(root)}"]
    kept = PlainTests.read(path.read_text())
    if kept is None:
        return [f"{model}: its tests are written by hand"]
    names = [name for name in (*STATED, *SPECIAL) if kept.stated.get(name) != found.stated.get(name)]
    differ = [f"{name} is {kept.stated.get(name)}, and discovery finds {found.stated.get(name)}" for name in names]
    return [f"{model}: {one}" for one in differ or ["discovery finds what its tests state"]]


def main(models: list[str]) -> int:
    from transformers_conformance.rope.discovery import NoDescriptionError, describe

    undescribed = 0
    for model in models:
        try:
            found = PlainTests.of(describe(model))
        except (NoDescriptionError, ImportError) as error:
            undescribed += 1
            print(f"{model}: write its tests by hand, because discovery fails: {error}")
        else:
            print("\n".join(write(model, found)))
    return int(undescribed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
