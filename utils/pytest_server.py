"""A process that imports what all runs of pytest share, and forks a child for each: the import is paid for once.

It speaks JSON lines: `{"arguments", "variables", "log"}` in, `{"status"}` out, as `subprocess` gives it.

    python pytest_server.py MODULE...
"""

import gc
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path


class PytestServer:
    """Runs of pytest by one such process.

    Args:
        python: the interpreter.
        modules: what to import first; one that is not there is left to the runs.
        folder: where pytest runs.
        variables: of the environment of all runs.
    """

    def __init__(self, python: Path, modules: Iterable[str], folder: Path, variables: Mapping[str, str]):
        self._process = subprocess.Popen(
            [python, __file__, *modules],
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: Iterable[str], variables: Mapping[str, str], log: Path) -> int:
        """The exit status of pytest; negative, the signal that ended it.

        Args:
            variables: of the environment, beside those of all runs.
            log: what it prints goes there.

        Raises:
            RuntimeError: the process itself has ended.
        """
        request = {"arguments": [str(x) for x in arguments], "variables": dict(variables), "log": str(log)}
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())["status"]
        except (BrokenPipeError, json.JSONDecodeError):
            raise RuntimeError(f"the process that runs pytest ended with status {self._process.wait()}") from None

    def close(self) -> None:
        with suppress(BrokenPipeError):  # it may have ended before
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def serve(modules: list[str]) -> None:
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    gc.disable()  # what is imported stays, and collecting among it costs a tenth of the time
    for name in ("pytest", *modules):
        try:
            importlib.import_module(name)
        except ImportError:
            pass
    gc.freeze()
    gc.enable()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _run(**request)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), file=replies)


def _run(arguments: list[str], variables: dict[str, str], log: str) -> None:
    """Never returns."""
    import pytest

    status = 3  # pytest's own for an error within
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(variables)
        status = pytest.main(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


if __name__ == "__main__":
    serve(sys.argv[1:])
