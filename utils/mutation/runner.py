"""Judges the `transformers` that this process imports by the conformance checks, up to the first that fails.

Some files are judged by tests of this repository too, which pytest runs in this process.
"""

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType

import pytest
from registry import parts_of, registered_models


ROOT = Path(__file__).resolve().parents[2]


def all_tests(models: Iterable[str]) -> Iterator[str]:
    """The names of all checks of these models, named as their tests are; one, `import`, where that fails.

    After a colon, a model may name the only properties that it is asked. In place of a model, a file of tests or one
    of its tests may stand, as pytest names them.
    """
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
    yield from _collected([model for model in models if _of_pytest(model)])


def describe(models: Iterable[str]) -> None:
    """Find out what the tests of these models say of them, so that processes forked from this one know it."""
    for model in models:
        if not _of_pytest(model):
            _test_classes(model.partition(":")[0])


def find_killing_test(checks: Iterable[str], begin: Callable[[str], None] = lambda name: None) -> str | None:
    """The name of the first check that fails, or None.

    Args:
        begin: told the name of each check before it runs.
    """
    for of_pytest, group in itertools.groupby(checks, _of_pytest):
        names = list(group)
        failed = _first_that_fails(names, begin) if of_pytest else _first_broken(names, begin)
        if failed is not None:
            return failed
    return None


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

        def begin(check: str) -> None:
            nonlocal name
            name = check
            lines[name] = set()
            probe.cache_clear()  # a check that is given another's model has not built it, and could not do without it

        failed = find_killing_test(checks, begin)
    finally:
        sys.settrace(None)
    del lines["asking"]
    return failed, {} if failed else {check: sorted(ran) for check, ran in lines.items()}


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


class _Watcher:
    """A plugin of pytest that keeps the names of what is collected, and of the first test that fails.

    Args:
        begin: told the name of each test before it runs.
    """

    def __init__(self, begin: Callable[[str], None] = lambda name: None):
        self.begin = begin
        self.collected: list[str] = []
        self.failed: str | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.collected = [item.nodeid for item in session.items]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.begin(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def run(self, *arguments: str) -> bool:
        """Whether pytest ends well."""
        options = ("-q", "-x", "--rootdir", str(ROOT), "-p", "no:cacheprovider")
        return pytest.main([*options, *arguments], plugins=[self]) == pytest.ExitCode.OK


def _collected(files: list[str]) -> list[str]:
    """The names of the tests in these files; the files themselves where that fails."""
    watcher = _Watcher()
    return watcher.collected if not files or watcher.run("--collect-only", *files) else files


def _first_that_fails(names: list[str], begin: Callable[[str], None]) -> str | None:
    """Of tests that pytest runs; the first of all where they cannot be collected."""
    watcher = _Watcher(begin)
    return None if watcher.run(*names) else watcher.failed or names[0]


def _first_broken(names: Iterable[str], begin: Callable[[str], None]) -> str | None:
    """Of conformance checks."""
    for name in names:
        begin(name)
        if not _passes(name):
            return name
    return None


@cache
def _passes(name: str) -> bool:
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
        from transformers_conformance.core.settings import settings

        registered = registered_models()[model]
        settings.build = "fork"
        settings.expected_failures = registered.expected_failures
        return {part.name: _TestClass(part.tests) for part in parts_of(registered)}
    except Exception:
        return None
