"""Judges the `transformers` that this process imports by the conformance checks, up to the first that fails."""

import sys
from collections.abc import Iterable, Iterator
from functools import cache
from types import FrameType

from registry import parts_of, registered_models


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
                for axes in prop.configurations:
                    if prop.asks(judge.spec, axes) and judge.asks(name):
                        yield f"{model} {name} {axes['head_dim']} {axes['n']} {axes['rope_type']} {judge.name}"


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
        from transformers_conformance.harness.probe import probe

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
    from transformers_conformance.core.results import judge_case

    try:
        cases = judge.spec.cases({"head_dim": int(head_dim), "n": int(n), "rope_type": rope_type})
        prop = judge.properties[property_name]
        return not any(judge_case(prop, judge.spec, case, judge.expected_failures).unexpected for case in cases)
    except Exception:
        return False


class _Judge:
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
def _judges(model: str) -> dict[str, _Judge] | None:
    """The classes of a model's tests by their names, or None where importing them fails."""
    try:
        from transformers_conformance.core.settings import settings

        registered = registered_models()[model]
        settings.build = "fork"
        settings.expected_failures = registered.expected_failures
        return {part.name: _Judge(part.tests) for part in parts_of(registered)}
    except Exception:
        return None
