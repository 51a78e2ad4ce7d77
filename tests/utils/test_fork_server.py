"""Runs that share one import share nothing else."""

import os
import re
import sys
import time
import wave
from pathlib import Path

import pytest
from runner.fork_server import ForkServer


@pytest.fixture
def server(tmp_path):
    (tmp_path / "test_shown.py").write_text(
        "import os, signal, sys\n"
        "def test_passes():\n"
        "    sys.modules['left_behind'] = sys\n"
        "    assert os.environ['SAID'] == 'so'\n"
        "def test_is_alone(): assert 'left_behind' not in sys.modules\n"
        "def test_shared(): assert 'wave' in sys.modules\n"
        "def test_fails(): assert False, 'on purpose'\n"
        "def test_hangs():\n"
        "    import subprocess\n"
        "    print('started', subprocess.Popen(['sleep', '600']).pid, file=sys.__stderr__)\n"
        "    while True: pass\n"
        "def test_dies(): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    server = ForkServer(Path(sys.executable), "pytest:main", ["wave", "no_such_module"], tmp_path, dict(os.environ))
    yield server
    server.close()


def run(server: ForkServer, tmp_path: Path, name: str) -> tuple[int, str]:
    log = tmp_path / "log"
    arguments = [tmp_path / "test_shown.py", "-k", name, "-p", "no:cacheprovider"]
    return server.run(arguments, {"SAID": "so"}, log).status, log.read_text()


def test_each_run_has_its_status_its_variables_and_its_log(server, tmp_path):
    for name, status in (("passes", 0), ("is_alone", 0), ("shared", 0), ("fails", 1), ("nothing", 5)):
        assert run(server, tmp_path, name)[0] == status, name
    assert "on purpose" in run(server, tmp_path, "fails")[1]
    assert "on purpose" not in run(server, tmp_path, "passes")[1]


def test_a_run_names_the_files_that_it_loaded_and_no_other_runs(server, tmp_path):
    loaded = server.run([tmp_path / "test_shown.py", "-k", "shared"], {"SAID": "so"}, tmp_path / "log").loaded
    assert {Path(wave.__file__), tmp_path / "test_shown.py"} <= set(loaded)
    assert tmp_path / "test_shown.py" not in server.run([tmp_path / "none.py"], {}, tmp_path / "log").loaded
    assert server.run([tmp_path / "test_shown.py", "-k", "dies"], {}, tmp_path / "log").loaded == ()


def test_a_function_that_raises_is_logged_and_does_not_end_others(tmp_path):
    (tmp_path / "shown.py").write_text("def shown(arguments):\n    print(1 // int(arguments[0]))\n")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    server = ForkServer(Path(sys.executable), "shown:shown", [], tmp_path, os.environ | {"PYTHONPATH": paths})
    log = tmp_path / "log"
    assert server.run(["0"], {}, log).status == 3
    assert "ZeroDivisionError" in log.read_text()
    assert server.run(["1"], {}, log).status == 0
    assert log.read_text() == "1\n"
    server.close()


def test_a_run_that_dies_does_not_end_others(server, tmp_path):
    assert run(server, tmp_path, "dies")[0] == -9
    assert run(server, tmp_path, "passes")[0] == 0


def test_a_run_that_hangs_is_ended_with_its_processes_and_logs_its_calls(server, tmp_path):
    log = tmp_path / "log"
    arguments = [tmp_path / "test_shown.py", "-k", "hangs", "-s", "-p", "no:cacheprovider"]
    start = time.monotonic()
    ended = server.run(arguments, {"SAID": "so"}, log, limit=3)
    assert 3 <= time.monotonic() - start < 60
    assert (ended.status, ended.timed_out, ended.loaded) == (-9, True, ())
    assert "in test_hangs" in log.read_text()
    started = Path("/proc") / re.search(r"started (\d+)", log.read_text())[1] / "stat"
    assert not started.exists() or " Z " in started.read_text()  # it may be a zombie if no parent collects it
    assert run(server, tmp_path, "passes")[0] == 0


def test_only_a_run_that_hangs_is_said_to_have_timed_out(server, tmp_path):
    for name in ("passes", "fails", "dies"):
        arguments = [tmp_path / "test_shown.py", "-k", name, "-p", "no:cacheprovider"]
        assert not server.run(arguments, {"SAID": "so"}, tmp_path / "log", limit=100).timed_out


def test_a_server_that_has_ended_says_so(server, tmp_path):
    server._process.kill()
    server._process.wait()
    with pytest.raises(RuntimeError, match="ended with status -9"):
        run(server, tmp_path, "passes")
