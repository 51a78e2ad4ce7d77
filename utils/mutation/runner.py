"""Judges the `transformers` that this process imports by the conformance checks, up to the first that fails.

Some files are judged by tests of this repository too, which pytest runs in this process.
"""

import importlib.util
import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType, ModuleType

import pytest


ROOT = Path(__file__).resolve().parents[2]


def all_tests(models: Iterable[str]) -> Iterator[str]:
    """The names of all checks of these models, named as their tests are; one, `import`, where that fails.

    After a colon, a model may name the only properties that it is asked. In place of a model, a file of tests or one
    of its tests may stand, as pytest names them.
    """
    yield from _collected([model for model in models if _of_pytest(model)])
    for model, _, names in (model.partition(":") for model in models if not _of_pytest(model)):
        if _test_classes(model) is None:
            yield f"{model} import"
            continue
        for tests in _test_classes(model).values():
            for name, prop in tests.properties.items():
                if names and name not in names.split(","):
                    continue
                for axes in prop.configurations:
                    if prop.asks(tests.spec, axes) and tests.asks(name):
                        yield f"{model} {name} {axes['head_dim']} {axes['n']} {axes['rope_type']} {tests.name}"


def describe(models: Iterable[str]) -> None:
    """Find out what the tests of these models say of them, so that processes forked from this one know it."""
    for model in models:
        if not _of_pytest(model):
            _test_classes(model.partition(":")[0])


def find_killing_test(checks: Iterable[str]) -> str | None:
    """The name of the first check that fails, or None."""
    return next((name for name in checks if not _passes(name)), None)


def trace(models: Iterable[str], file: str) -> tuple[str | None, dict[str, list[int]]]:
    """`find_killing_test` of all checks, and the lines of a file that each of them runs, as if it were alone.

    Lines that run while modules are imported stand under "import"; those that run before any check, under "".
    """
    lines: dict[str, set[int]] = {"": set(), "import": set()}
    name = ""

    def local(frame, event, argument):
        lines[name].add(frame.f_lineno)
        return local

    def imported(frame, event, argument):
        lines["import"].add(frame.f_lineno)
        return imported

    def enter(frame, event, argument):
        if frame.f_code.co_filename != file:
            return None
        tracer = imported if _is_imported(frame) else local
        return tracer(frame, event, argument)

    sys.settrace(enter)
    try:
        describe(models)
        from transformers_conformance.harness.probe import probe

        lines["asking"], name = set(), "asking"
        checks = list(all_tests(models))
        del lines["asking"]
        for name in checks:  # noqa: B007  `local` reads it
            lines[name] = set()
            probe.cache_clear()  # a check that is given another's model has not built it, and could not do without it
            if not _passes(name):
                return name, {}
    finally:
        sys.settrace(None)
    return None, {check: sorted(ran) for check, ran in lines.items()}


def _is_imported(frame: FrameType | None) -> bool:
    """Whether it runs because a module of a package is imported; the file of a model's tests is of none."""
    while frame is not None:
        names = frame.f_globals
        if frame.f_code.co_name == "<module>" and names.get("__package__") and names["__name__"] != "__main__":
            return True
        frame = frame.f_back
    return False


def _of_pytest(name: str) -> bool:
    return ".py" in name


class _Collected:
    """A plugin of pytest that keeps the names of what was collected."""

    def __init__(self):
        self.names: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.names = [item.nodeid for item in session.items]


def _collected(files: list[str]) -> list[str]:
    """The names of the tests in these files; the files themselves where that fails."""
    collected = _Collected()
    if not files or _run_pytest("--collect-only", *files, plugins=[collected]):
        return collected.names
    return files


def _run_pytest(*arguments: str, plugins: Iterable[object] = ()) -> bool:
    """Whether all tests pass."""
    options = ("-q", "--rootdir", str(ROOT), "-p", "no:cacheprovider")
    return pytest.main([*options, *arguments], plugins=list(plugins)) == pytest.ExitCode.OK


@cache
def _passes(name: str) -> bool:
    if _of_pytest(name):
        return _run_pytest(name)
    model, property_name, *configuration = name.split(" ")
    classes = _test_classes(model)
    if classes is None or property_name == "import":
        return classes is not None
    head_dim, n, rope_type, class_name = configuration
    tests = classes[class_name]
    if not tests.asks(property_name):
        return True  # as in a run of the tests: they would not be there
    from transformers_conformance.core.results import judge_case

    try:
        cases = tests.spec.cases({"head_dim": int(head_dim), "n": int(n), "rope_type": rope_type})
        prop = tests.properties[property_name]
        return not any(judge_case(prop, tests.spec, case, tests.expected_failures).unexpected for case in cases)
    except Exception:
        return False


class _TestClass:
    """A class of tests: what it judges, a model or a part of one, and the properties that it asks of that."""

    def __init__(self, tests: type):
        self.name = tests.__name__
        self.spec = tests.model_spec()
        self.properties = tests.topic.properties
        self.expected_failures = tests.all_expected_failures()
        self._asked = dict.fromkeys(tests.excluded_checks, False)

    def asks(self, property_name: str) -> bool:
        if property_name not in self._asked:
            reason = self.properties[property_name].excluded(self.spec)
            self._asked[property_name] = reason is None
        return self._asked[property_name]


@cache
def _test_classes(model: str) -> dict[str, _TestClass] | None:
    """The classes of a model's tests by their names, or None where importing them fails."""
    try:
        from transformers_conformance.core.mixins import JudgedTestMixin
        from transformers_conformance.core.settings import settings

        settings.build = "fork"
        settings.expected_failures = _expected_failures_of(file_of_tests(model))
        classes = [tests for _, tests in inspect.getmembers(_load(model), inspect.isclass)]
        classes = [tests for tests in classes if issubclass(tests, JudgedTestMixin) and hasattr(tests, "topic")]
        return {tests.__name__: _TestClass(tests) for tests in classes if tests.model_spec() is not None}
    except Exception:
        return None


def file_of_tests(model: str) -> Path:
    """The file of the tests of a model, which may be named with its framework, such as `tf_gptj`."""
    name = f"test_modeling_{model}.py"
    of_torch = ROOT / "tests" / "models" / model / name
    return of_torch if of_torch.exists() else ROOT / "tests" / "adapted" / name


def _expected_failures_of(tests: Path) -> Path:
    """What is known to break in a file of tests stands in the file of its folder, or of the one above."""
    name = "expected_failures.toml"
    return next(folder / name for folder in tests.parents if (folder / name).exists())


def _load(model: str) -> ModuleType:
    path = file_of_tests(model)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # where the source of a class is looked for
    spec.loader.exec_module(module)
    return module
