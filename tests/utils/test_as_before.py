"""What passed is not run again, and whatever its results are made from has it run again."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from runner import inputs, run, tables
from runner import subject as subjects

from overlay.layout import DEFAULT_RELEASE, REPOSITORY


@dataclass
class Small:
    """A Transformers of a few files, one model's tests, and all else that results are made from."""

    home: Path
    judges: Callable[[], Any]
    script: ModuleType

    def write(self, name: str, text: str) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def target(self, model: str = "llama") -> Any:
        return self.script.model_tests([model], "4.57")[0]

    def judge(self, model: str = "llama") -> str:
        outcome = self.judges().outcome(self.target(model))
        assert outcome.passed + outcome.failed == 2
        return outcome.status


@pytest.fixture
def small(tmp_path, monkeypatch) -> Iterator[Small]:
    moved = {run: ("ROOT", "RECORDS"), subjects: ("LOGS", "RESULTS"), inputs: ("ROOT",), tables: ("ROOT",)}
    for module, names in moved.items():
        for name in names:
            monkeypatch.setattr(module, name, tmp_path / getattr(module, name).relative_to(REPOSITORY))
    script = run
    subject = script.Subject(DEFAULT_RELEASE, "pristine", tmp_path / "tree")
    for folder in (subject.logs, subject.results):
        folder.mkdir(parents=True)
    monkeypatch.setattr(script, "choose_subject", lambda arguments: subject)
    monkeypatch.setattr(script, "prepare", lambda line: Path(sys.executable))
    monkeypatch.setattr(script, "_SHARED", ())  # these tests need nothing of it
    monkeypatch.setenv("CONFORMANCE_EXPECTED_FAILURES", str(tmp_path / "tests" / "models" / "expected_failures.toml"))
    made = []

    def judges(fresh: bool = False):
        """What one command makes."""
        variables = script.variables_of(subject) | {"PYTHONPYCACHEPREFIX": str(REPOSITORY / "build" / "pycache")}
        made.append(script.ForkServers(Path(sys.executable), "pytest:main", (), tmp_path, variables))
        records = script.records_of(subject, tmp_path / "env", variables)
        return script.Judge(subject, made[-1], (), inputs.read_expected_failures(), records, fresh, script.TIME_LIMIT)

    one = Small(tmp_path, judges, script)
    one.write("tree/transformers/__init__.py", "")
    one.write("tree/transformers/modeling_rope_utils.py", "")
    for model in ("llama", "phi"):
        one.write(f"tree/transformers/models/{model}/modeling_{model}.py", "from ... import modeling_rope_utils")
        code = f"import transformers.models.{model}.modeling_{model}"
        one.write(
            f"tests/models/{model}/test_modeling_{model}.py",
            SMALL_TEST.format(code=code, model=model, known=None, place=None),
        )
    for name in ("expected_failures.toml", "conftest.py"):
        one.write(f"tests/models/{name}", "")
    one.write("conformance/src/check.py", "")
    one.write("env/lib/python3.11/site-packages/torch-2.13.0.dist-info/METADATA", "")
    for name in ("pyproject.toml", "utils/runner/run.py", "utils/overlay/__main__.py"):
        one.write(name, "")
    of_runner = ("__init__", "inputs", "known", "records")
    for name in ("environment.py", "registry.py", *(f"runner/{name}.py" for name in of_runner)):
        (tmp_path / "utils" / name).symlink_to(REPOSITORY / "utils" / name)
    (tmp_path / "utils" / "overlay" / "layout.py").symlink_to(REPOSITORY / "utils" / "overlay" / "layout.py")
    one.write("utils/overlay/__init__.py", "")
    one.write("models_changed.txt", "llama\nphi\n")
    yield one
    for servers in made:
        servers.close()


SMALL_TEST = """
import json
{code}
def test_one(request):
    with open(request.config.getoption("conformance_results"), "a") as file:
        line = dict(model="{model}", case=dict(), property="far", status="pass", known={known}, place={place})
        file.write(json.dumps(line) + chr(10))
def test_two(): pass
"""
PLACE = '[[expected_failure]]\nreason = "why"\n[[expected_failure.where]]\nproperties = ["far"]\n'


def test_what_passed_is_not_run_again_and_stands_as_it_was(small):
    first = small.judges().outcome(small.target())
    assert first.status == "passed"
    results = small.home / f"build/results/{DEFAULT_RELEASE}-pristine/llama.jsonl"
    written = results.read_text(), results.stat().st_mtime_ns
    again = small.judges().outcome(small.target())
    assert again.status == "as before"
    assert replace(again, as_before=False) == first
    assert written == (results.read_text(), results.stat().st_mtime_ns)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tree/transformers/models/llama/modeling_llama.py", "# other"),
        ("tree/transformers/modeling_rope_utils.py", "# other"),
        ("tree/transformers/models/new/modeling_new.py", ""),
        ("conformance/src/check.py", "# other"),
        ("tests/models/llama/test_modeling_llama.py", "def test_one(): pass\ndef test_two(): pass"),
        ("tests/models/llama/helper.py", ""),
        ("tests/models/conftest.py", "# other"),
        ("tests/models/expected_failures.toml", PLACE),
        ("tests/models/expected_failures.toml", PLACE + 'models = ["phi", "llama"]'),
        ("tests/models/expected_failures.toml", PLACE + 'builds = ["pristine"]'),
        ("env/lib/python3.11/site-packages/torch-2.14.0.dist-info/METADATA", ""),
        ("tree/tokenizers-0.1.dist-info/METADATA", ""),
        ("pyproject.toml", "# other"),
        ("utils/runner/run.py", "# other"),
        (f"build/results/{DEFAULT_RELEASE}-pristine/llama.jsonl", ""),
    ],
)
def test_whatever_results_are_made_from_has_them_made_again(small, file, text):
    assert small.judge() == "passed"
    small.write(file, text)
    assert small.judge() == "passed"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tree/transformers/models/phi/modeling_phi.py", "# other"),
        ("tests/models/phi/test_modeling_phi.py", "# other"),
        ("tests/models/expected_failures.toml", PLACE + 'models = ["phi"]'),
        ("tests/models/expected_failures.toml", PLACE + 'builds = ["fork"]'),
        ("conformance/src/__pycache__/check.pyc", "# other"),
    ],
)
def test_what_no_result_is_made_from_has_none_made_again(small, file, text):
    assert small.judge() == "passed"
    small.write(file, text)
    assert small.judge() == "as before"


@pytest.mark.parametrize("file", ["tests/adapted/adapters.py", "tests/frameworks/frameworks.py"])
def test_what_brings_other_frameworks_counts_for_their_models_alone(small, file):
    small.write(
        "tests/adapted/test_modeling_tf_llama.py",
        SMALL_TEST.format(code="import transformers", model="tf_llama", known=None, place=None),
    )
    small.write("tree/transformers/models/llama/modeling_tf_llama.py", "")
    assert (small.judge(), small.judge("tf_llama")) == ("passed", "passed")
    small.write(file, "# other")
    assert (small.judge(), small.judge("tf_llama")) == ("as before", "passed")


def test_a_variable_that_tests_may_hear_has_them_run_again(small, monkeypatch):
    assert small.judge() == "passed"
    monkeypatch.setenv("WINDOWID", "1")
    assert small.judge() == "as before"
    monkeypatch.setenv("TORCH_LOGS", "recompiles")
    assert small.judge() == "passed"


def test_another_python_or_environment_has_them_run_again(small, monkeypatch):
    assert small.judge() == "passed"
    monkeypatch.setattr(sys, "version", "3.12.0")
    assert small.judge() == "passed"


def test_a_failed_model_is_judged_again(small):
    test = "tests/models/llama/test_modeling_llama.py"
    passes = (small.home / test).read_text()
    small.write(test, passes.replace("test_two(): pass", "test_two(): assert False"))
    assert small.judge() == small.judge() == "FAILED"
    small.write(test, passes)
    assert small.judge() == "passed"
    small.write(test, passes.replace("test_two(): pass", "test_two(): assert False"))
    assert small.judge() == "FAILED"
    small.write(test, passes)
    assert small.judge() == "passed", "the failure took the place of what was known"


def test_a_run_that_was_ended_leaves_nothing_that_counts(small):
    test = "tests/models/llama/test_modeling_llama.py"
    assert small.judge() == "passed"
    small.write(
        test, SMALL_TEST.format(code="", model="llama", known=None, place=None) + "    os.kill(os.getpid(), 9)"
    )
    outcome = small.judges().outcome(small.target())
    assert (outcome.status, outcome.broken) == ("FAILED", True)
    assert not (small.home / f"build/results/{DEFAULT_RELEASE}-pristine/llama.jsonl").exists()
    small.write(test, SMALL_TEST.format(code="import transformers", model="llama", known=None, place=None))
    assert small.judge() == "passed"


@pytest.mark.parametrize("file", ["tree/transformers/modeling_rope_utils.py", "tests/models/expected_failures.toml"])
def test_what_changes_while_a_command_runs_is_judged_again_by_the_next(small, file):
    judge = small.judges()
    small.write(file, "# other" if file.endswith(".py") else PLACE)
    assert judge.outcome(small.target()).status == "passed"
    assert small.judge() == "passed"
    assert small.judge() == "as before"


def test_a_model_that_hangs_is_ended_and_named_and_the_others_are_judged(small, monkeypatch, capsys):
    small.write("tests/models/llama/test_modeling_llama.py", "def test_that_hangs():\n    while True: pass\n")
    monkeypatch.setattr(sys, "argv", ["run_tests", "-j", "1"])
    monkeypatch.setattr(small.script, "TIME_LIMIT", 5.0)
    assert small.script.main() == 1
    said = capsys.readouterr().out
    log = f"build/logs/{DEFAULT_RELEASE}-pristine/llama.log"
    assert "[1/2] llama: FAILED" in said and "[2/2] phi: passed" in said
    assert f"\nllama was ended after 5 seconds; the end of {log} shows what it was doing\n" in said
    assert "in test_that_hangs" in (small.home / log).read_text()
    small.write("tests/models/llama/test_modeling_llama.py", "def test_that_ends(): pass\n")
    assert small.script.main() == 0
    assert "was ended" not in capsys.readouterr().out


def test_nothing_counts_on_demand(small):
    assert small.judge() == "passed"
    assert small.judges(fresh=True).outcome(small.target()).status == "passed"
    assert small.judge() == "as before"


STALE = "EXPECTED: stale: nothing breaks in any model any more where this says so, take it out: some, place 1"


@pytest.mark.parametrize(
    ("arguments", "place", "builds", "stale"),
    [
        ([], 1, "pristine", False),
        ([], None, "pristine", True),
        ([], 2, "pristine", True),
        ([], None, "fork", False),
        (["llama", "phi"], None, "pristine", False),
        (["-k", "one"], None, "pristine", False),
    ],
)
def test_a_place_for_all_models_is_stale_by_a_run_of_all(small, monkeypatch, capsys, arguments, place, builds, stale):
    exception = PLACE.replace("reason", 'bug = "some"\nreason') + f'builds = ["{builds}"]\n'
    small.write("tests/models/expected_failures.toml", exception)
    known = {"known": None, "place": None} if place is None else {"known": repr("why"), "place": place}
    small.write("tests/models/phi/test_modeling_phi.py", SMALL_TEST.format(code="", model="phi", **known))
    monkeypatch.setattr(sys, "argv", ["run_tests", "-j", "2", *arguments])
    assert small.script.main() == stale
    said = capsys.readouterr().out
    assert (STALE in said) == stale
    assert f"\n{'2' if arguments[:1] == ['-k'] else '4'} passed, {int(stale)} failed, 0 skipped; " in said


def test_a_count_that_is_off_fails_a_run_of_one_model(small, monkeypatch, capsys):
    small.write("tests/models/expected_failures.toml", PLACE.replace("reason", 'bug = "some"\nreason'))
    code = SMALL_TEST.format(code="", model="phi", known=repr("why"), place=1)
    small.write("tests/models/phi/test_modeling_phi.py", code)
    monkeypatch.setattr(sys, "argv", ["run_tests", "phi"])
    for counted, off in ((1, False), (2, True)):
        lock = json.dumps({"phi": {"some 1": {"pass": counted}}})
        small.write(f"tests/models/known/{DEFAULT_RELEASE}-pristine.json", lock)
        assert small.script.main() == off
        said = capsys.readouterr().out
        assert ("EXPECTED: phi: 1 pass of some, place 1, where 2 pass were counted" in said) == off


def test_counts_that_cannot_be_read_end_the_run(small, monkeypatch):
    (small.home / "utils" / "registry.py").unlink()
    monkeypatch.setattr(sys, "argv", ["run_tests"])
    with pytest.raises(SystemExit, match="expected failures cannot be counted"):
        small.script.main()


def test_of_a_release_without_a_fork_nothing_counts_but_what_is_unexplained(small, monkeypatch, capsys):
    small.write("lines/models_sampled.txt", "llama\n")
    small.write("tests/models/expected_failures.toml", PLACE.replace("reason", 'bug = "some"\nreason'))
    subject = small.script.Subject("5.0.0", "pristine", small.home / "tree")
    monkeypatch.setattr(small.script, "choose_subject", lambda arguments: subject)
    monkeypatch.setattr(sys, "argv", ["run_tests"])
    test = "tests/models/llama/test_modeling_llama.py"
    passes = (small.home / test).read_text()
    for code, failed in ((passes, 0), (passes.replace("test_two(): pass", "test_two(): assert False"), 1)):
        small.write(test, code)
        assert small.script.main() == failed
        said = capsys.readouterr().out
        assert f"5.0.0 has no fork: {failed} unexplained failures count, and nothing else does" in said
        assert "of these models alone: stale" in said


def test_older_releases_are_judged_by_a_list_of_their_own(small):
    small.write("lines/4.57/models_changed.txt", "phi\n")
    small.write("lines/models_sampled.txt", "llama\n")
    listed = [small.script.listed_models(small.home, release) for release in (DEFAULT_RELEASE, "5.0.0", "4.57.6")]
    assert listed == [["llama", "phi"], ["llama"], ["phi"]]
