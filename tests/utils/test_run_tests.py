"""`./run_tests` as a user calls it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from overlay.layout import DEFAULT_RELEASE, REPOSITORY


LOGS = REPOSITORY / "build" / "logs"


def run_tests(*arguments: str, cwd: Path = REPOSITORY, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [REPOSITORY / "run_tests", *arguments], cwd=cwd, env=os.environ | variables, capture_output=True, text=True
    )


def results(subject: str, model: str) -> list[dict]:
    """What a selection of tests found."""
    return [json.loads(line) for line in (LOGS / subject / f"{model}.jsonl").read_text().splitlines()]


@pytest.fixture
def nothing_known(tmp_path) -> dict[str, str]:
    file = tmp_path / "expected_failures.toml"
    file.touch()
    return {"CONFORMANCE_EXPECTED_FAILURES": str(file)}


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
    found = results("", "phi")
    assert {line["status"] for line in found} == {"pass", "not-applicable"}
    assert sum(line["status"] == "pass" for line in found) >= passed
    for key in ("release", "build", "rule", "property", "case", "reason", "seconds"):
        assert key in found[0]


ODD_FORWARD = ("--pristine", "llama", "-k", "forward and head_dim_5_n_5", "-j", "1")


def test_on_pristine_upstream_an_odd_width_is_known_to_fail():
    done = run_tests(*ODD_FORWARD)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = (x for x in results(f"{DEFAULT_RELEASE}-pristine", "llama") if x["status"] != "not-applicable")
    assert (line["build"], line["rule"], line["status"]) == ("pristine", "R1", "refused")
    assert "(n + 1) / 2 frequencies, one too many" in line["known"]


def test_what_nobody_knows_of_fails_with_an_exit_status_and_a_log(nothing_known):
    done = run_tests(*ODD_FORWARD, **nothing_known)
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert f"see build/logs/{DEFAULT_RELEASE}-pristine/llama.log" in done.stdout
    assert "R1, forward: LlamaModel" in (REPOSITORY / f"build/logs/{DEFAULT_RELEASE}-pristine/llama.log").read_text()


def test_another_release_is_installed_and_judged_and_shows_that_it_ignored_the_factor(nothing_known):
    models = ("gpt_neox_japanese", "recurrent_gemma")
    done = run_tests("--release", "5.0.0", *models, "-k", "forward and head_dim_8_n_6", **nothing_known)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "judging 5.0.0-pristine" in done.stdout
    for model in models:
        (line,) = (x for x in results("5.0.0-pristine", model) if x["status"] != "not-applicable")
        assert line["release"] == "5.0.0"
        assert line["status"] in ("fail", "crash")


def test_another_line_is_judged_in_an_environment_of_its_own_fork_and_upstream(nothing_known):
    odd = ("gptj", "-k", "forward and head_dim_8_n_3", "-j", "1")
    done = run_tests("--line", "4.57", *odd, **nothing_known)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = (x for x in results("4.57.6-fork", "gptj") if x["status"] != "not-applicable")
    assert (line["release"], line["status"]) == ("4.57.6", "pass")
    done = run_tests("--line", "4.57", "--pristine", *odd, **nothing_known)
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = (x for x in results("4.57.6-pristine", "gptj") if x["status"] != "not-applicable")
    assert (line["release"], line["status"]) == ("4.57.6", "crash")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--line", "4.57", "--release", "5.0.0"), "name a --line or a --release, not both"),
        (("--line", "4.56"), "invalid choice: '4.56'"),
    ],
)
def test_a_line_that_is_unknown_or_not_alone_is_refused(arguments, said):
    done = run_tests(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_model_in_a_framework_that_the_line_has_not_is_refused():
    done = run_tests("llama", "tf_gptj")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "error: the line 5 has PyTorch alone; this judges tf_gptj: ./run_tests --line 4.57 tf_gptj"
    )


def test_a_model_that_a_release_has_not_is_absent_and_no_failure():
    done = run_tests("--release", "4.44.2", "glm", "gptj", "-k", "frequencies and head_dim_8_n_8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "glm: absent" in done.stdout and "gptj: passed" in done.stdout


OWN_MODELS = "tests/utils/own_models.py"


def own_model(name: str, expression: str) -> subprocess.CompletedProcess:
    return run_tests("--model", f"{OWN_MODELS}:OwnConfig:{name}:half-split", "-k", expression)


def test_a_model_of_ones_own_is_judged_and_what_it_was_asked_is_told():
    done = own_model("OwnModel", "tiny_config or enough or rotation and n_3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[1/1] OwnModel: passed" in done.stdout
    assert "OwnModel: 1 properties were asked" in done.stdout
    assert {line["model"] for line in results("", "OwnModel")} == {"own"}


def test_a_file_beside_is_imported_and_any_folder_will_do(tmp_path):
    (tmp_path / "configuration_own.py").write_text((REPOSITORY / OWN_MODELS).read_text())
    code = "from .configuration_own import OwnConfig, OwnModel\n\n\nclass Model(OwnModel):\n    pass\n"
    (tmp_path / "modeling_own.py").write_text(code)
    done = run_tests("--model", "modeling_own.py:OwnConfig:Model:half-split", "-k", "rotation and n_3", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("BackwardsModel", "rotation"),
        ("UngroupedModel", "tried first, crash: a tiny config was asked for nothing beside sizes: RuntimeError"),
        ("HidingModel", "shift: HidingModel.forward takes no position_ids"),
    ],
)
def test_a_model_with_a_slip_fails(name, said):
    done = own_model(name, "tiny_config or enough or rotation and head_dim_8 or forward and head_dim_8")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"[1/1] {name}: FAILED" in done.stdout
    assert said in done.stdout


@pytest.mark.parametrize(
    "place",
    [
        "modeling_own.py:OwnConfig",
        "modeling_own.py:OwnConfig:OwnModel",
        "modeling_own.py:OwnConfig:OwnModel:sideways",
        "missing.py:OwnConfig:OwnModel:half-split",
    ],
)
def test_a_place_that_names_no_model_or_no_layout_is_refused(tmp_path, place):
    (tmp_path / "modeling_own.py").touch()
    done = run_tests("--model", place, cwd=tmp_path)
    assert done.returncode != 0
    assert "is not FILE:CONFIG:MODEL:LAYOUT" in done.stderr and "half-split or interleaved" in done.stderr


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


@pytest.fixture
def phi_passed() -> Path:
    """The record of a full run, of this one or an earlier one."""
    done = run_tests("phi", "-j", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    return REPOSITORY / "build" / "records" / f"{DEFAULT_RELEASE}-fork" / "phi.json"


def test_a_second_run_takes_what_the_first_found(phi_passed):
    kept = phi_passed.read_text()
    done = run_tests("phi", "-j", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[1/1] phi: as before" in done.stdout
    outcome = json.loads(kept)["found"]["outcome"]
    assert f"\n{outcome['passed']} passed, 0 failed, 0 skipped" in done.stdout
    assert phi_passed.read_text() == kept


def test_of_a_selection_nothing_is_taken_or_kept(phi_passed):
    kept = phi_passed.read_text()
    done = run_tests("phi", "-k", "forward and head_dim_4_n_3", "-j", "1")
    assert "[1/1] phi: passed" in done.stdout
    assert phi_passed.read_text() == kept
