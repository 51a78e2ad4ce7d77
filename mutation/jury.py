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
    """The names of all checks of these models, folders of `tests/models`; one, `import`, where that fails.

    After a colon, a model may name the only properties that it is asked.
    """
    for model, properties in map(_asked, models):
        description = _description(model)
        if description is None:
            yield f"{model} import"
            continue
        for name, prop in _properties(description).items():
            for head_dim, n, rope_type in prop.grid():
                if name in (properties or [name]) and prop.asks(description, rope_type) and _is_asked(model, name):
                    yield f"{model} {name} {head_dim} {n} {rope_type}"


def _asked(model: str) -> tuple[str, list[str]]:
    model, _, properties = model.partition(":")
    return model, properties.split(",") if properties else []


def describe(models: Iterable[str]) -> None:
    """Find out what the tests of these models say of them, so that processes forked from this one know it."""
    for model, _ in map(_asked, models):
        _description(model)


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
    description = _description(model)
    if description is None or property_name == "import":
        return description is not None
    if not _is_asked(model, property_name):
        return True  # as in a run of the tests: they would not be there
    from transformers_conformance.rope import judge_case

    head_dim, n, rope_type = configuration
    judged = _properties(description)[property_name]
    try:
        cases = description.cases(int(head_dim), int(n), rope_type)
        return not any(judge_case(judged, description, case).unexpected for case in cases)
    except Exception:
        return False


@cache
def _is_asked(model: str, property_name: str) -> bool:
    description = _description(model)
    return _properties(description)[property_name].not_applicable(description) is None


def _properties(description) -> dict:
    """Those that can be asked of what is described: of positions, or of coordinates."""
    from transformers_conformance.rope import COORDINATE_PROPERTIES, PROPERTIES, Tower

    return COORDINATE_PROPERTIES if isinstance(description, Tower) else PROPERTIES


@cache
def _description(model: str):
    """What the tests of a model say of it, or None where importing them fails."""
    try:
        return next(_described(_load(model)))
    except Exception:
        return None


def _load(model: str) -> ModuleType:
    path = ROOT / "tests" / "models" / model / f"test_modeling_{model}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _described(module: ModuleType) -> Iterator:
    for _, tests in inspect.getmembers(module, inspect.isclass):
        if getattr(tests, "tower", None) is not None:
            yield tests.tower
        elif hasattr(tests, "rotary_description") and tests.config_class is not None:
            yield tests.rotary_description()
