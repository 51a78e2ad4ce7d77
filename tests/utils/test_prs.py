"""The export of pull requests: real releases and real files of upstream in git repositories, and the real edits."""

import filecmp
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from prs.alone import failures
from prs.base import base_of
from prs.facts import KEPT, facts, obstacles
from prs.lines import count
from prs.reproductions import ProgramRun, Reproduction, programs, reproduce
from prs.stack import Step

from overlay.build import read_overlay
from overlay.edits import SeriesEntry, load_overlay
from overlay.engine import Tree
from overlay.index import Index
from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout
from overlay.survey import survey_of
from overlay.upstream import PACKAGE, find_pin
from tests.utils.conftest import SAMPLE


LAYOUT = Layout()
PRISTINE = LAYOUT.upstream(DEFAULT_RELEASE) / PACKAGE
SERIES = read_overlay(LAYOUT, find_pin(LAYOUT, DEFAULT_RELEASE)).series
BLOCKED = 3
NOBODY = {f"GIT_{who}_{what}": "nobody" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, env=os.environ | NOBODY)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def export(upstream: object, out: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "prs", str(upstream), str(out)]
    return subprocess.run(command, cwd=REPOSITORY / "utils", capture_output=True, text=True)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A few files of upstream as a repository with another branch, a change that is not committed, and a work tree."""
    home = tmp_path_factory.mktemp("upstream")
    for name in SAMPLE:
        if (PRISTINE / name).exists():
            (home / "src" / PACKAGE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PRISTINE / name, home / "src" / PACKAGE / name)
    git(home, "init", "--quiet", "--initial-branch=main")
    git(home, "add", ".")
    git(home, "commit", "--quiet", "--message", "Some files")
    git(home, "branch", "other")
    (home / "src" / PACKAGE / "py.typed").write_text("changed\n")
    return home


def state_of(checkout: Path) -> list[str]:
    return [git(checkout, *words) for words in (["status", "--porcelain"], ["for-each-ref"], ["worktree", "list"])]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_checkout_is_only_read_and_gives_the_same_twice(checkout, tmp_path):
    before = state_of(checkout)
    done = export(checkout, tmp_path / "one")
    assert done.returncode == BLOCKED, done.stderr
    assert export(f"{checkout}@other", tmp_path / "two").returncode == BLOCKED
    assert state_of(checkout) == before
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert not (tmp_path / "one" / "repo").exists()
    assert (tmp_path / "one" / "base").read_text().strip() == git(checkout, "rev-parse", "other")


def test_patches_apply_and_give_the_tree(checkout, tmp_path):
    assert export(checkout, tmp_path / "out").returncode == BLOCKED
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(checkout), str(clone))
    git(clone, "am", "--quiet", *map(str, sorted((tmp_path / "out").glob("*.patch"))))
    assert git(clone, "rev-parse", "HEAD^{tree}") == (tmp_path / "out" / "tree").read_text().strip()
    subjects = git(clone, "log", "--reverse", "--format=%s").splitlines()[1:]
    order = [one.description for one in SERIES]
    assert subjects == [subject for subject in order if subject in subjects]
    assert subjects


def test_an_edit_that_a_base_has_no_place_for_is_named(checkout, tmp_path):
    export(checkout, tmp_path / "out")
    page = (tmp_path / "out" / "odd-rotary-dims" / "facts.md").read_text()
    assert "Does not apply to this base:" in page
    assert "upstream has no such file" in page


def test_nothing_appears_where_the_export_fails(checkout, tmp_path):
    for upstream in (f"{checkout}@nowhere", tmp_path, "nonsense"):
        done = export(upstream, tmp_path / "out")
        assert done.returncode == 1
        assert done.stderr.startswith("error: ")
        assert "what to do" in done.stderr
        assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").write_text("mine\n")
    assert "not empty" in export(checkout, tmp_path).stderr
    assert (tmp_path / "mine").read_text() == "mine\n"


STANDS_ON_ANOTHER = """\
- {addition: channels, series: one, description: a, issue: null}
- {rewrite: LlamaConfig.__post_init__, rule: {pattern: super().__post_init__(**$K)}, series: two, issue: null,
   fix: "super().__post_init__(**$K, width=channels())", description: b}
"""


def of_two_series(home: Path, needs: str) -> tuple:
    """A base, what the edits find in it, and two series, of which the second calls what the first adds."""
    fields = "description: d, bug: null, forwarded: not yet, applied-upstream: null"
    (home / "series.yml").write_text(f"- {{name: one, {fields}}}\n- {{name: two, {fields}, needs: {needs}}}\n")
    edits = home / PACKAGE / "models" / "llama" / "configuration_llama.yml"
    edits.parent.mkdir(parents=True)
    edits.write_text(STANDS_ON_ANOTHER)
    edits.with_suffix(".py").write_text("def channels():\n    return 4\n")
    overlay = load_overlay([home])
    base = base_of(LAYOUT, DEFAULT_RELEASE, home / "repository")
    tree = Tree(base.files, Index(home / "index.json"), base.commit)
    return base, survey_of(overlay.edits, tree, base.release), overlay.series


@pytest.mark.parametrize(("needs", "broken"), [("[one]", []), ("[]", ["two"])], ids=["stated", "not stated"])
def test_a_series_that_stands_on_another_is_found(tmp_path, needs, broken):
    found = dict(failures(*of_two_series(tmp_path, needs)))
    assert list(found) == broken
    assert all("'channels' is not defined" in error for error in found.values())


def test_a_reproduction_runs_on_the_base_and_on_the_series_with_what_it_needs(tmp_path):
    programs = {}
    for name, attribute in (("one", "model_type"), ("two", "width")):
        programs[name] = tmp_path / f"{name}.py"
        programs[name].write_text(f"from transformers import LlamaConfig\nprint(LlamaConfig().{attribute})\n")
    found = reproduce(*of_two_series(tmp_path, "[one]"), programs)
    assert found["one"].before == found["one"].after == ProgramRun("llama", passed=True)
    assert not found["two"].before.passed and "has no attribute 'width'" in found["two"].before.output
    assert found["two"].after == ProgramRun("4", passed=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "out"
    done = export(DEFAULT_RELEASE, out)
    assert done.returncode == BLOCKED, done.stderr
    return out


def test_the_patches_of_a_release_give_the_fork(whole):
    repository = whole / "repo"
    git(repository, "checkout", "--quiet", "--detach", (whole / "base").read_text().strip())
    assert filecmp.cmp(repository / "src" / PACKAGE / "__init__.py", PRISTINE / "__init__.py", shallow=False)
    git(repository, "am", "--quiet", *map(str, sorted(whole.glob("*.patch"))))
    assert git(repository, "rev-parse", "HEAD^{tree}") == (whole / "tree").read_text().strip()
    fork = LAYOUT.source(DEFAULT_RELEASE) / PACKAGE
    for path in (repository / "src" / PACKAGE).rglob("*.py"):
        name = path.relative_to(repository / "src" / PACKAGE)
        assert path.read_bytes() == (fork / name).read_bytes(), name


def test_every_series_of_a_release_has_facts_and_a_patch(whole):
    pages = {page.parent.name: page.read_text() for page in whole.glob("*/facts.md")}
    assert len(pages) == len(list(whole.glob("*.patch")))
    series = {one.name: one for one in SERIES}
    for name, page in pages.items():
        assert "Does not apply to this base" not in page, name
        kept = series[name].forwarded == KEPT
        assert ("stays in the fork" in page) == kept
        assert page.count("**BLOCKED**") == (0 if kept else len(obstacles(series[name])))


# Pull requests that no program of `src/reproductions` shows yet. This list only gets shorter.
WITHOUT_REPRODUCTION = {"gguf-rope", "glm-image-positions"}


def test_every_pull_request_of_a_release_has_a_reproduction(whole):
    sent = {one.name for one in SERIES if one.forwarded != KEPT and (whole / one.name).exists()}
    assert programs(LAYOUT).keys() == sent - WITHOUT_REPRODUCTION
    assert sent >= WITHOUT_REPRODUCTION


def test_reproductions_fail_on_the_release_and_pass_with_their_series(whole):
    for name, path in programs(LAYOUT).items():
        page = (whole / name / "facts.md").read_text()
        code, *outputs = re.search(r"## Reproduction\n\n(.*?)\n## Edits", page, re.DOTALL)[1].split("```text\n")
        assert path.read_text() in code and "it fails:" in code, name
        assert "it passes:" in outputs[0] and "do not open" not in outputs[1], name
        before, after = (output.partition("\n```")[0] for output in outputs)
        assert before != after and "Error" in before and after, name
        assert "cannot import name" not in before and str(whole) not in before + after, name


def test_reproductions_are_short_and_assert_something():
    for name, path in programs(LAYOUT).items():
        code = path.read_text()
        lines = [line for line in code.splitlines() if line.strip()]
        assert len(lines) <= 20, name
        assert "print(" in code, name


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(False, True, ""), (True, True, "does not have the error"), (False, False, "does not repair the error")],
)
def test_facts_say_where_a_reproduction_shows_nothing(before, after, said):
    found = Reproduction("print()", ProgramRun("a", before), ProgramRun("b", after))
    page = facts(Step(SeriesEntry.model_validate(ENTRY), (), {}, {}), [], "", found)
    assert ("do not open this" in page) == bool(said) and said in page


ENTRY = {"name": "n", "description": "d", "bug": None, "forwarded": "not yet", "applied-upstream": None}
SEARCHED = {"searched": "2026-11-27", "queries": ["rope"]}


@pytest.mark.parametrize(
    ("more", "number"),
    [
        ({}, 2),
        ({"approved": "https://example.org/1"}, 1),
        ({"duplicates": SEARCHED}, 1),
        ({"approved": "https://example.org/1", "duplicates": SEARCHED}, 0),
    ],
)
def test_a_pull_request_waits_for_an_approval_and_a_search(more, number):
    assert len(obstacles(SeriesEntry.model_validate(ENTRY | more))) == number


GENERATED = "# This file was automatically generated from src/x.\n"
COPIED = "# Copied from x.f\ndef f(x):\n    return x\n\n\n"
OWN = "def g(x):\n    return x\n"


@pytest.mark.parametrize(
    ("before", "after", "written", "copied", "generated"),
    [
        (OWN, OWN.replace("return x", "return -x"), 2, 0, 0),
        (COPIED + OWN, (COPIED + OWN).replace("return x", "return -x"), 2, 2, 0),
        (GENERATED + OWN, (GENERATED + OWN).replace("return x", "return -x"), 0, 0, 2),
        (OWN, OWN + "    # more\n", 1, 0, 0),
    ],
)
def test_lines_count_by_who_writes_them(before, after, written, copied, generated):
    lines = count({"f.py": before}, {"f.py": after})
    assert (lines.written, lines.copied, lines.generated) == (written, copied, generated)
