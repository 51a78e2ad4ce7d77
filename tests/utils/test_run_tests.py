"""`./run_tests` as a user calls it."""

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


def test_on_pristine_upstream_an_odd_width_fails_with_an_exit_status_and_a_log():
    done = run_tests("--pristine", "llama", "-k", "forward and head_dim_5_n_5", "-j", "1")
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert "see build/logs/5.23.0-pristine/llama.log" in done.stdout
    assert "R1, forward: LlamaModel" in (REPOSITORY / "build/logs/5.23.0-pristine/llama.log").read_text()


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
