"""`./run_tests` as a user calls it."""

import json
import subprocess
from pathlib import Path

import pytest

from overlay.layout import REPOSITORY


def run_tests(*arguments: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess:
    return subprocess.run([REPOSITORY / "run_tests", *arguments], cwd=cwd, capture_output=True, text=True)


def test_help_names_its_options():
    done = run_tests("--help")
    assert done.returncode == 0
    for word in ("model", "-k", "-j"):
        assert word in done.stdout


def test_it_works_from_any_folder_and_writes_a_log_and_a_table(tmp_path):
    log = REPOSITORY / "build" / "logs" / "phi.log"
    log.unlink(missing_ok=True)
    done = run_tests("phi", "-k", "head_dim_4_n_3", "-j", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[1/1] phi: passed" in done.stdout
    passed = int(done.stdout.strip().splitlines()[-1].split()[0])
    assert passed > 0
    assert f"{passed} passed" in log.read_text()
    lines = (REPOSITORY / "build" / "results" / "5.23.0-fork.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert {line["status"] for line in found if line["model"] == "phi"} == {"pass"}
    assert sum(line["model"] == "phi" for line in found) >= passed
    for key in ("release", "build", "rule", "property", "case", "reason", "seconds"):
        assert key in found[0]


def test_on_pristine_upstream_an_odd_width_fails_with_an_exit_status_and_a_log():
    done = run_tests("--pristine", "llama", "-k", "forward and head_dim_5_n_5", "-j", "1")
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert "see build/logs/5.23.0-pristine/llama.log" in done.stdout
    assert "R1, forward: LlamaModel" in (REPOSITORY / "build/logs/5.23.0-pristine/llama.log").read_text()
    (line,) = (REPOSITORY / "build/results/5.23.0-pristine/llama.jsonl").read_text().splitlines()
    found = json.loads(line)
    assert (found["build"], found["rule"], found["status"]) == ("pristine", "R1", "refused")


def test_another_release_is_installed_and_judged():
    done = run_tests("--release", "5.12.0", "gpt_neox", "-k", "forward and head_dim_8_n_8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "judging 5.12.0-pristine" in done.stdout
    assert "1 passed" in done.stdout


def test_a_release_that_does_not_exist_is_named():
    done = run_tests("--release", "0.0.0", "gpt_neox")
    assert done.returncode != 0
    assert "transformers 0.0.0 cannot be installed" in done.stderr


def test_no_test_is_no_success():
    done = run_tests("phi", "-k", "nothing_of_that_name")
    assert done.returncode == 1
    assert "no tests" in done.stdout


@pytest.mark.parametrize("arguments", [("no_such_model",), ("-j", "0")])
def test_a_wrong_argument_is_named(arguments):
    done = run_tests(*arguments)
    assert done.returncode != 0
    assert "error:" in done.stderr


def test_every_listed_model_has_tests_and_the_reverse():
    listed = (REPOSITORY / "models_changed.txt").read_text().split()
    assert listed == sorted(set(listed))
    assert set(listed) == {path.parent.name for path in (REPOSITORY / "tests" / "models").glob("*/test_*.py")}
