"""A pytest plugin: it adds the options of the suite, and fails a session that has stale expected failures.

With pytest-xdist, several worker processes run the tests, and one process joins their reports. So the report of each
test carries the expected failures that covered a failure in this test.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from .mixins import JudgedTestMixin
from .settings import Settings, settings


_NAME = "transformers_conformance"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "conformance of Transformers models")
    group.addoption("--conformance-results", metavar="FILE", type=Path, help="append every result, a JSON line each")
    group.addoption(
        "--conformance-expected-failures", metavar="FILE", type=Path, help="a TOML file of expected failures"
    )
    group.addoption("--conformance-build", metavar="NAME", default="unknown", help="the name of the build in results")
    group.addoption("--conformance-model", metavar="FILE:CONFIG:MODEL:LAYOUT", help="your own model, to be judged")
    group.addoption(
        "--conformance-topics", metavar="NAME", action="append", help="run the tests of this topic; may be repeated"
    )


@pytest.hookimpl(tryfirst=True)  # a conftest may set an option that the command line does not
def pytest_configure(config: pytest.Config) -> None:
    chosen = {name: config.getoption(f"conformance_{name}") for name in vars(Settings())}
    for name, value in chosen.items():
        setattr(settings, name, value)
    if not hasattr(config, "workerinput"):  # only the process that joins the reports of workers
        config.pluginmanager.register(StaleExpectedFailures(), f"{_NAME}_stale")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects what belongs to none of the topics that `settings` names."""
    if settings.topics is None:
        return
    chosen = [item for item in items if _topic_of(item) in settings.topics]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def _topic_of(item: pytest.Item) -> str | None:
    topic = getattr(getattr(item, "cls", None), "topic", None)
    return getattr(topic, "name", None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    cls, test = getattr(item, "cls", None), getattr(item, "instance", None)
    if call.when == "call" and isinstance(test, JudgedTestMixin) and item.name in cls.judged_tests():
        own = cls.own_expected_failures()
        met = [number for number, known in enumerate(own) if known in getattr(test, "met", ())]
        class_id = item.nodeid.rpartition("::")[0]
        seen = {"class": class_id, "tests": len(cls.judged_tests()), "own": [x.reason for x in own], "met": met}
        report.user_properties.append((_NAME, seen))
    return report


class StaleExpectedFailures:
    """Joins the reports of each test class, and finds its stale expected failures."""

    def __init__(self):
        self._seen: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, seen in report.user_properties:
            if name == _NAME and report.when == "call":
                self._seen[seen["class"]].append(seen)

    def stale(self) -> list[str]:
        """A line for each expected failure that covered nothing, although all tests of its class ran."""
        found = []
        for class_id, all_seen in self._seen.items():
            if len(all_seen) == all_seen[0]["tests"]:
                met = {number for seen in all_seen for number in seen["met"]}
                reasons = [reason for number, reason in enumerate(all_seen[0]["own"]) if number not in met]
                found += [f"{class_id}: no longer fails, remove it: {reason}" for reason in reasons]
        return found

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.stale() and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for line in self.stale():
            terminalreporter.write_line(f"STALE {line}", red=True)
