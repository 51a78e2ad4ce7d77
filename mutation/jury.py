"""Judges the `transformers` that this process imports by the conformance checks, up to the first that fails."""

import importlib.util
import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType, ModuleType


ROOT = Path(__file__).resolve().parents[1]


def all_checks(models: Iterable[str]) -> Iterator[str]:
    """The names of all checks of these models, named as their tests are; one, `import`, where that fails.

    After a colon, a model may name the only properties that it is asked.
    """
    for model, _, names in (model.partition(":") for model in models):
        if _judges(model) is None:
            yield f"{model} import"
            continue
        for judge in _judges(model).values():
            for name, prop in judge.properties.items():
                if names and name not in names.split(","):
                    continue
                for head_dim, n, rope_type in prop.grid():
                    if prop.asks(judge.described, rope_type) and judge.asks(name):
                        yield f"{model} {name} {head_dim} {n} {rope_type} {judge.name}"


def describe(models: Iterable[str]) -> None:
    """Find out what the tests of these models say of them, so that processes forked from this one know it."""
    for model in models:
        _judges(model.partition(":")[0])


def find_killer(checks: Iterable[str]) -> str | None:
    """The name of the first check that fails, or None."""
    return next((name for name in checks if not _passes(name)), None)


def trace(models: Iterable[str], file: str) -> tuple[str | None, dict[str, list[int]]]:
    """`find_killer` of all checks, and the lines of a file that each of them runs, as if it were alone.

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
        from transformers_conformance.rope.probe import probe

        lines["asking"], name = set(), "asking"
        checks = list(all_checks(models))
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


@cache
def _passes(name: str) -> bool:
    model, property_name, *configuration = name.split(" ")
    judges = _judges(model)
    if judges is None or property_name == "import":
        return judges is not None
    head_dim, n, rope_type, judge_name = configuration
    judge = judges[judge_name]
    if not judge.asks(property_name):
        return True  # as in a run of the tests: they would not be there
    from transformers_conformance.rope import judge_case

    try:
        cases = judge.described.cases(int(head_dim), int(n), rope_type)
        return not any(judge_case(judge.properties[property_name], judge.described, case).unexpected for case in cases)
    except Exception:
        return False


class _Judge:
    """A class of tests: what it describes, of a model or of a part of one, and the properties that it asks of that."""

    def __init__(self, tests: type, described):
        self.name = tests.__name__
        self.described = described
        self.properties = tests._properties
        self._asked = dict.fromkeys(getattr(tests, "left_out", ()), False)

    def asks(self, property_name: str) -> bool:
        if property_name not in self._asked:
            reason = self.properties[property_name].not_applicable(self.described)
            self._asked[property_name] = reason is None
        return self._asked[property_name]


@cache
def _judges(model: str) -> dict[str, _Judge] | None:
    """The classes of a model's tests by their names, or None where importing them fails."""
    try:
        module = _load(model)
        classes = [tests for _, tests in inspect.getmembers(module, inspect.isclass) if hasattr(tests, "_described")]
        judges = [_Judge(tests, described) for tests in classes if (described := tests._described()) is not None]
        return {judge.name: judge for judge in judges}
    except Exception:
        return None


def file_of_tests(model: str) -> Path:
    """The file of the tests of a model, which may be named with its framework, such as `tf_gptj`."""
    name = f"test_modeling_{model}.py"
    of_torch = ROOT / "tests" / "models" / model / name
    return of_torch if of_torch.exists() else ROOT / "tests" / "adapted" / name


def _load(model: str) -> ModuleType:
    path = file_of_tests(model)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # where the source of a class is looked for
    spec.loader.exec_module(module)
    return module
