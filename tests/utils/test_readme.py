"""Every command of the README does what the README says."""

import os
import re
import subprocess
import venv
from pathlib import Path

import pytest

from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout


TEXT = (REPOSITORY / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = [line for language, block in BLOCKS if language == "bash" for line in block.splitlines() if line.strip()]
# `./run_tests` over all models is what CI starts with.
INSTALL = "pip install"


@pytest.fixture(scope="module")
def users_environment() -> Path:
    """A user's own virtual environment, new, with nothing but pip."""
    home = REPOSITORY / "build" / "readme"
    venv.create(home, clear=True, with_pip=True)
    return home / "bin"


def shell(command: str, path: Path | None = None) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    return subprocess.run(command, shell=True, cwd=REPOSITORY, env=environment, capture_output=True, text=True)


def test_the_readme_has_the_two_commands_first():
    assert COMMANDS[:2] == [f'{INSTALL} -c constraints.txt -e ".[torch]"', "./run_tests"]


def test_the_install_command_in_a_fresh_environment(users_environment):
    done = shell(COMMANDS[0], users_environment)
    assert done.returncode == 0, done.stdout + done.stderr
    done = shell("pip check && python -c 'import transformers as t, torch; print(t.__file__)'", users_environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert Path(done.stdout.splitlines()[-1]).is_relative_to(Layout().source(DEFAULT_RELEASE))


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if not command.startswith(INSTALL) and command != "./run_tests"]
)
def test_each_other_command(command):
    done = shell(command)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("build", ["pristine", "fork"])
def test_the_reproduction_prints_what_the_readme_shows(build):
    (code,) = [block for language, block in BLOCKS if language == "python"]
    shown = dict(zip(("pristine", "fork"), (block for language, block in BLOCKS if language == "text"), strict=True))
    tree = Layout().upstream(DEFAULT_RELEASE) if build == "pristine" else Layout().source(DEFAULT_RELEASE)
    done = subprocess.run(
        [Layout().build / "env" / "bin" / "python", "-c", code],
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == shown[build]


def test_every_make_target_that_it_names_exists():
    targets = set(re.findall(r"^(\w+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake (\w+)\b", TEXT)) - {"it"}
    assert named and named <= targets


def test_the_edit_that_it_shows_is_in_the_overlay():
    (entry,) = [block for language, block in BLOCKS if language == "yaml"]
    assert entry in (REPOSITORY / "src/transformers/models/llama/modeling_llama.yml").read_text()
