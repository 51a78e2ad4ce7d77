"""The documents are right: their commands exist and run, their links work, and they name every error."""

import argparse
import ast
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
import runner.run
from typer.main import get_command

from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout
from overlay.upstream import known_releases
from transformers_conformance.core import plugin
from transformers_conformance.core.recording import load_expected_failures
from transformers_conformance.doctor.command import app


README = REPOSITORY / "README.md"
# Commands write these documents from results; other tests check them.
WRITTEN = ("properties.md", "upstream_bugs.md")
DOCUMENTS = [
    README,
    REPOSITORY / "CONTRIBUTING.md",
    REPOSITORY / "CHANGELOG.md",
    REPOSITORY / "conformance" / "README.md",
    *(
        path
        for path in sorted((REPOSITORY / "docs").glob("*.md"))
        if path.name not in WRITTEN and not path.name.startswith("mutants")
    ),
]
# The languages of blocks with commands. Tests run `bash` blocks. They do not run `sh` blocks, which take long, need
# other software, or write into the checkout.
SHELLS = ("bash", "sh")
INSTALL = "pip install"
# These commands write committed files: no test runs them.
WRITERS = re.compile(r"make (relock|known|bugs|mutants|fixup)|write_table|git |rm ")


def blocks(text: str, *languages: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for language, block in found if language in languages]


def commands(text: str, *languages: str) -> list[str]:
    lines = "".join(blocks(text, *languages)).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def named_in_passing(text: str) -> list[str]:
    """Commands in sentences and tables, without those that have dots for the reader to replace."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`((?:make|python3?|\./run_tests|pip) [^`]+)`", prose)
    return [span for span in spans if "..." not in span and "<" not in span]


RUN = list(dict.fromkeys(command for path in DOCUMENTS for command in commands(path.read_text(), "bash")))


# --- names in commands -----------------------------------------------------------------------------------------------


class WrongCommandError(Exception):
    """A command has a name that does not exist."""


def require(holds: object, problem: str) -> None:
    if not holds:
        raise WrongCommandError(problem)


def check_command(command: str) -> None:
    """Raises `WrongCommandError` if a command names a program, a target, an option or a file that does not exist."""
    command = command.replace("$(make -s release)", DEFAULT_RELEASE)
    for file in re.findall(r"\$\(cat (\S+)\)", command):
        require((REPOSITORY / file).is_file(), f"no file {file}")
    words = shlex.split(re.sub(r"\$\(cat (\S+)\)", lambda found: (REPOSITORY / found[1]).read_text(), command))
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    program, *rest = words
    name = Path(program).name
    if name == "run_tests":
        check_run_tests(rest)
    elif name == "make":
        check_make(rest)
    elif name == "pip":
        check_pip(rest)
    elif name == "pytest":
        check_pytest(rest)
    elif name == "transformers-conformance":
        check_conformance(rest)
    elif re.fullmatch(r"python[\d.]*", name):
        check_python(rest)
    else:
        require(shutil.which(program), f"no program {program}")
        for word in rest:
            require("/" not in word or (REPOSITORY / word).exists(), f"no file {word}")


def check_run_tests(words: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["run_tests", *words])
        patch.setattr(argparse.ArgumentParser, "error", lambda self, message: require(False, message))
        try:
            arguments = runner.run.parse_arguments()
            runner.run.model_tests(arguments.models, arguments.line)
        except SystemExit as end:
            require(not end.code, str(end.code))  # --help exits without a code
        else:
            require(all(place.count(":") == 3 for place in arguments.model or ()), "--model FILE:CONFIG:MODEL:LAYOUT")


def check_make(words: list[str]) -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    for word in words:
        variable, assigned, value = word.partition("=")
        require(assigned or word in targets, f"no target {word}")
        require(not assigned or f"$({variable})" in makefile, f"no variable {variable}")
        pinned = "adopt" in words or value in known_releases(Layout())
        require(variable != "RELEASE" or pinned, f"no release {value}")
        if variable == "MODELS":
            check_run_tests(value.split())


def check_pip(words: list[str]) -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("action", choices=["install", "show", "wheel"])
    parser.add_argument("places", nargs="*")
    for option in ("-c", "-e", "-w", "--config-settings"):
        parser.add_argument(option)
    parser.add_argument("--no-deps", action="store_true")
    try:
        arguments = parser.parse_intermixed_args(words)
    except (argparse.ArgumentError, SystemExit) as error:
        raise WrongCommandError(str(error)) from error
    require(not arguments.c or (REPOSITORY / arguments.c).is_file(), f"no file {arguments.c}")
    if arguments.action == "show":
        require(arguments.places == ["transformers"], f"{arguments.places} is not ours")
        return
    for place in filter(None, [arguments.e, *arguments.places]):
        home = REPOSITORY / place.partition("[")[0]
        require((home / "pyproject.toml").is_file(), f"nothing to install in {place}")
    setting, _, release = (arguments.config_settings or f"upstream={DEFAULT_RELEASE}").partition("=")
    require(setting == "upstream" and release in known_releases(Layout()), f"no release {release}")


def check_conformance(words: list[str]) -> None:
    try:
        (group := get_command(app)).commands[words[0]].make_context(words[0], words[1:])
    except Exception as error:  # of click, which some releases of typer bring along under another name
        raise WrongCommandError(f"{error} in {sorted(group.commands)}") from error


def check_pytest(words: list[str]) -> None:
    for word in words:
        option = word.partition("=")[0]
        if option.startswith("--conformance"):
            require(option in conformance_options(), f"no option {option}")
        elif not word.startswith("-"):
            require((REPOSITORY / word).exists(), f"no file {word}")


def conformance_options() -> set[str]:
    parser = pytest.Parser(_ispytest=True)
    plugin.pytest_addoption(parser)
    return {name for group in parser._groups for option in group.options for name in option.names()}


def check_python(words: list[str]) -> None:
    if words[:1] == ["-c"]:
        compile(words[1], "-c", "exec")
    elif words[:2] == ["-m", "pytest"]:
        check_pytest(words[2:])
    elif words[0] == "-m":
        require(importlib.util.find_spec(words[1]), f"no module {words[1]}")
    elif words[0] == "./run_tests":
        check_run_tests(words[1:])
    else:
        require((REPOSITORY / words[0]).is_file(), f"no file {words[0]}")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_every_command_names_what_exists(path):
    text = path.read_text()
    for command in [*commands(text, *SHELLS), *named_in_passing(text)]:
        try:
            check_command(command)
        except WrongCommandError as error:
            pytest.fail(f"{command}: {error}")


def test_commands_are_found_in_all_kinds_of_places():
    text = "`make older` and `make relock RELEASE=...`\n\n```sh\nmake \\\n  fork\n```\n\n```text\nmake nothing\n```\n"
    assert [*commands(text, *SHELLS), *named_in_passing(text)] == ["make    fork", "make older"]
    assert sum(len(commands(path.read_text(), *SHELLS)) for path in DOCUMENTS) > 20


@pytest.mark.parametrize(
    "command",
    [
        "make nothing",
        "make fork VERSION=4.57.6",
        "make fork RELEASE=9.9.9",
        "make parity MODELS=nothing",
        "./run_tests nothing",
        "./run_tests --nothing",
        "./run_tests --line 9",
        "./run_tests tf_gptj",  # a model of the other line
        "./run_tests --model my_model.py",
        "./run_tests $(cat nothing.txt)",
        "pip install -c lines/9/constraints.txt -e .",
        "pip install ./nothing",
        "pip install -e . --config-settings upstream=9.9.9",
        "pip uninstall .",
        "python3 utils/nothing.py",
        "build/env/bin/python -m pytest tests/nothing",
        "python -m nothing",
        "pytest tests/models/llama --conformance-nothing=1",
        "nothing at all",
        "diff README.md src/nothing",
        "transformers-conformance nothing",
        "transformers-conformance doctor --nothing my-model",
    ],
)
def test_a_command_with_a_name_that_does_not_exist_fails(command):
    with pytest.raises(WrongCommandError):
        check_command(command)


# --- commands that run -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def users_environment() -> Path:
    """A new virtual environment of a user, with only pip."""
    home = REPOSITORY / "build" / "readme"
    venv.create(home, clear=True, with_pip=True)
    return home / "bin"


def shell(command: str, path: Path | None = None) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    return subprocess.run(command, shell=True, cwd=REPOSITORY, env=environment, capture_output=True, text=True)


def test_the_readme_has_the_two_commands_first():
    first = commands(README.read_text(), *SHELLS)[:2]
    assert first == RUN[:2] == [f'{INSTALL} -c lines/5/constraints.txt -e ".[torch]"', "./run_tests"]


def test_the_readme_is_short():
    assert len(README.read_text().splitlines()) < 150


def test_the_install_command_in_a_fresh_environment(users_environment):
    done = shell(RUN[0], users_environment)
    assert done.returncode == 0, done.stdout + done.stderr
    done = shell("pip check && python -c 'import transformers as t, torch; print(t.__file__)'", users_environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert Path(done.stdout.splitlines()[-1]).is_relative_to(Layout().source(DEFAULT_RELEASE))


def test_no_test_runs_a_command_that_writes_committed_files():
    assert not [command for command in RUN if WRITERS.search(command)]
    assert WRITERS.search("make relock RELEASE=4.57.6")


# CI runs `./run_tests` over all models before these tests.
@pytest.mark.parametrize(
    "command", [command for command in RUN if not command.startswith(INSTALL) and command != "./run_tests"]
)
def test_each_other_command(command):
    assert not WRITERS.search(command)
    done = shell(command)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("build", ["pristine", "fork"])
def test_the_reproduction_prints_what_the_readme_shows(build):
    (code,) = blocks(README.read_text(), "python")
    shown = dict(zip(("pristine", "fork"), blocks(README.read_text(), "text")[:2], strict=True))
    tree = Layout().upstream(DEFAULT_RELEASE) if build == "pristine" else Layout().source(DEFAULT_RELEASE)
    done = subprocess.run(
        [Layout().build / "env" / "bin" / "python", "-c", code],
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == shown[build]


def numbers(command: str) -> list[str]:
    """The numbers in the row of README's table that names a command."""
    (row,) = [line for line in README.read_text().splitlines() if line.startswith("|") and f"`{command}` |" in line]
    return sorted(number.replace(",", "") for number in re.findall(r"\d[\d,]*\b", row))


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("make edits", r"(\d+) edits, at (\d+) roots"),
        ("make discovery", r"(\d+) reached by edits, (\d+) exempt, (\d+) unexplained"),
        (
            "make burden",
            r"all: (\d+) lines by hand, (\d+) in `Copied from` blocks, (\d+) generated; \d+ edits, (\d+) series",
        ),
    ],
)
def test_the_numbers_are_those_that_commands_print(command, printed):
    done = shell(command)
    assert done.returncode == 0, done.stderr
    assert sorted(re.search(printed, done.stdout).groups()) == numbers(command)


# --- examples --------------------------------------------------------------------------------------------------------


def test_the_edit_that_is_shown_is_in_the_overlay():
    (entry,) = blocks((REPOSITORY / "docs" / "how_it_works.md").read_text(), "yaml")
    assert entry in (REPOSITORY / "src/transformers/models/llama/modeling_llama.yml").read_text()


def test_the_property_that_is_shown_holds_for_a_right_model():
    (code,) = blocks((REPOSITORY / "CONTRIBUTING.md").read_text(), "python")
    judge = """
from transformers import LlamaConfig, LlamaModel
from transformers_conformance.core.results import judge
from transformers_conformance.rope import ROTARY, RotarySpec
results = list(judge({"start": ROTARY.properties["start"]}, RotarySpec(LlamaConfig, LlamaModel, "half-split")))
assert len(results) > 10 and all(result.status == "pass" for result in results), results
"""
    package = "transformers_conformance.rope.checks"
    done = subprocess.run(
        [Layout().build / "env" / "bin" / "python", "-c", f"__package__ = {package!r}\n{code}{judge}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_expected_failure_that_is_shown_can_be_read(tmp_path):
    (shown,) = blocks((REPOSITORY / "CONTRIBUTING.md").read_text(), "toml")
    file = tmp_path / "expected_failures.toml"
    file.write_text(shown)
    (failure,) = load_expected_failures(file).values()
    assert failure.models == ["gpt_neox"] and failure.filters.keys() == {"rotary_ndims", "rope_types"}
    known = (REPOSITORY / "tests" / "models" / "expected_failures.toml").read_text()
    assert tomllib.loads(shown)["expected_failure"][0].keys() <= {
        key for bug in tomllib.loads(known)["expected_failure"] for key in bug
    }


# --- links -----------------------------------------------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path: Path, text: str) -> list[str]:
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        if "://" in link or (target.exists() and (not anchor or anchor in anchors(target.read_text()))):
            continue
        found.append(link)
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_links_lead_to_files_and_headings(path):
    assert broken_links(path, path.read_text()) == []


def test_a_broken_link_is_found():
    text = "[a](README.md) [b](NOTHING.md) [c](README.md#install) [d](README.md#nothing) [e](https://example.org/x)"
    assert broken_links(README, text) == ["NOTHING.md", "README.md#nothing"]


def test_the_index_names_every_document():
    index = (REPOSITORY / "docs" / "README.md").read_text()
    documents = {path.name for path in (REPOSITORY / "docs").glob("*.md")} - {"README.md"}
    missing = documents - set(re.findall(r"\]\((\w[\w.-]*\.md)\)", index))
    assert all(name.startswith("mutants") for name in missing), (
        missing
    )  # there is one per line, and the index names one of them


# --- errors ----------------------------------------------------------------------------------------------------------


RAISERS = {"OverlayError", "SystemExit", "exit", "moved", "refuse", "_stale"}


def errors(code: str) -> Iterator[str]:
    """The longest constant text of each error that code raises."""
    for node in ast.walk(ast.parse(code)):
        message = None
        if isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            message = node.args[0] if called in RAISERS else None
        elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["problem"]:
            message = node.value
        texts = [x.value for x in ast.walk(message) if isinstance(x, ast.Constant)] if message else []
        texts = [piece.removeprefix("error: ") for text in texts if isinstance(text, str) for piece in text.split("`")]
        if words := max(texts, key=len, default="").strip(" :,;\n"):
            yield words[:20].strip()


def test_troubleshooting_names_every_error():
    document = (REPOSITORY / "docs" / "troubleshooting.md").read_text()
    utils = REPOSITORY / "utils"
    files = [file for folder in ("overlay", "discovery", "adopt") for file in utils.glob(f"{folder}/*.py")]
    files.append(utils / "environment.py")
    found = {words for file in [*files, utils / "runner" / "run.py"] for words in errors(file.read_text())}
    assert len(found) > 30
    assert {words for words in found if words not in document} == set()


def test_errors_are_found_in_every_form():
    code = (
        "raise OverlayError(f'{x} is not what it says', way_out='')\n"
        "problem = 'one'\n"
        "raise refuse('`a` and `this here`')\n"
        "sys.exit(f'error: no {y} was found')\n"
    )
    assert set(errors(code)) == {"is not what it says", "one", "this here", "was found"}
