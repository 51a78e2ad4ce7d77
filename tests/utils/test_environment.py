"""The environments of tests. No test here makes an environment."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import environment
import pytest
from packaging.version import Version

from overlay.layout import DEFAULT_RELEASE, Layout
from overlay.upstream import known_releases


def test_every_line_builds_a_release_that_it_pins_and_the_default_is_the_newest_of_all():
    pinned = known_releases(Layout())
    assert all(environment.line_of(line.release) == name for name, line in environment.LINES.items())
    assert {line.release for line in environment.LINES.values()} <= pinned.keys()
    assert environment.LINES[environment.DEFAULT_LINE].release == DEFAULT_RELEASE == str(max(map(Version, pinned)))


def test_a_release_belongs_to_the_line_with_its_fork():
    lines = environment.LINES
    assert [environment.line_of(lines[name].release) for name in lines] == [*lines]
    assert environment.line_of("5.0.0") == environment.DEFAULT_LINE


def test_lines_share_no_folder():
    homes = {line.home for line in environment.LINES.values()}
    assert len(homes) == len(environment.LINES)


@pytest.fixture
def line(tmp_path, monkeypatch) -> environment.Line:
    """A line in a separate checkout, whose environment looks complete."""
    (tmp_path / "conformance").mkdir()
    (tmp_path / "tests" / "references").mkdir(parents=True)
    line = environment.Line("9.9.9", "env-9", "constraints-9.txt", "requirements-9.txt", newest_python=(3, 99))
    for name in (line.constraints, line.requirements, *environment.OF_ALL_LINES):
        (tmp_path / name).write_text("one\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setitem(environment.LINES, "9.9", line)
    line.home.mkdir(parents=True)
    (line.home / "stamp").write_text(line.inputs())
    return line


def test_an_environment_that_is_up_to_date_is_used_as_it_is(line):
    assert environment.prepare("9.9") == line.home / "bin" / "python"


@pytest.mark.parametrize("name", ["constraints-9.txt", "requirements-9.txt", *environment.OF_ALL_LINES])
def test_an_environment_with_changed_inputs_is_made_again(line, name, monkeypatch):
    made = []
    monkeypatch.setattr(environment.venv, "create", lambda home, with_pip: made.append(home) or sys.exit("made"))
    (environment.ROOT / name).write_text("other\n")
    with pytest.raises(SystemExit, match="made"):
        environment.prepare("9.9")
    assert made == [line.home]


def test_commands_on_code_use_an_environment_without_a_fork(line, monkeypatch):
    """The lock of a changed edit is written before the fork can be built, also in a fresh checkout."""
    asked = []

    def fails_at_the_fork(command, **_):
        asked.append(command)
        return SimpleNamespace(returncode=int(".[torch]" in command))

    monkeypatch.setattr(environment.venv, "create", lambda home, with_pip: home.mkdir())
    monkeypatch.setattr(environment.subprocess, "run", fails_at_the_fork)
    (line.home / "stamp").unlink()
    with pytest.raises(SystemExit, match="failed; fix what pip reports"):
        environment.prepare("9.9")
    assert len(asked) == 2
    assert environment.prepare("9.9", fork=False) == line.home / "bin" / "python"
    assert len(asked) == 2
    with pytest.raises(SystemExit, match="failed; fix what pip reports"):
        environment.prepare("9.9")  # what is installed is kept, what failed is tried again
    assert len(asked) == 3


def test_two_processes_make_an_environment_once(line, monkeypatch):
    made = []

    def make(home, with_pip):
        home.mkdir()
        time.sleep(0.2)
        made.append(home)

    monkeypatch.setattr(environment.venv, "create", make)
    monkeypatch.setattr(environment.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    (line.home / "stamp").unlink()
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(environment.prepare, ["9.9", "9.9"]))) == 1
    assert made == [line.home]


def test_a_python_that_a_line_cannot_use_is_refused_with_one_that_it_can(line, monkeypatch):
    monkeypatch.setattr(environment.sys, "version_info", (3, 100, 0))
    with pytest.raises(SystemExit, match=r"the 9\.9 line needs Python 3\.99, .*: run it by python3\.99"):
        environment.prepare("9.9")
