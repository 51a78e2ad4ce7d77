"""A process that imports what all runs of a function share, and forks a child for each: the import is paid for once.

It speaks JSON lines: `{"arguments", "variables", "log"}` in, `{"status", "loaded"}` out.

    python fork_server.py FUNCTION MODULE...
"""

import gc
import importlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn


@dataclass(frozen=True)
class Run:
    """How a run ended.

    Args:
        status: what the function returned, 3 if it raised; negative, the signal that ended the run.
        loaded: the files of all modules that were loaded at its end; none if a signal ended it.
    """

    status: int
    loaded: tuple[Path, ...]


class ForkServer:
    """Runs of a function by one such process.

    Args:
        python: the interpreter.
        function: as `module:name`; it takes a list of arguments and returns an exit status, or None for 0.
        modules: what to import first; one that is not there is left to the runs.
        folder: where it runs.
        variables: of the environment of all runs.
    """

    def __init__(
        self, python: Path, function: str, modules: Iterable[str], folder: Path, variables: Mapping[str, str]
    ):
        self._process = subprocess.Popen(
            [python, __file__, function, *modules],
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: Iterable[str | Path], variables: Mapping[str, str], log: Path) -> Run:
        """One run of the function.

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
            reply = json.loads(self._process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise RuntimeError(f"the process that forks runs ended with status {self._process.wait()}") from None
        return Run(reply["status"], tuple(map(Path, reply["loaded"])))

    def close(self) -> None:
        with suppress(BrokenPipeError):  # it may have ended before
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class ForkServers:
    """As many of them as work at the same time, made when they are needed, of the arguments of `ForkServer`."""

    def __init__(self, *arguments):
        self._arguments = arguments
        self._free: queue.SimpleQueue[ForkServer] = queue.SimpleQueue()

    @contextmanager
    def one(self) -> Iterator[ForkServer]:
        try:
            server = self._free.get_nowait()
        except queue.Empty:
            server = ForkServer(*self._arguments)
        yield server
        self._free.put(server)

    def close(self) -> None:
        while not self._free.empty():
            self._free.get().close()


def serve(function: str, modules: list[str]) -> None:
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    gc.disable()  # what is imported stays, and collecting among it costs a tenth of the time
    for name in (function.partition(":")[0], *modules):
        try:
            importlib.import_module(name)
        except ImportError:
            pass
    gc.freeze()
    gc.enable()
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile("w+") as loaded:  # no pipe: what a child leaves running would hold it open
            child = os.fork()
            if not child:
                _run(function, loaded, **request)
            _, status = os.waitpid(child, 0)
            loaded.seek(0)
            reply = {"status": os.waitstatus_to_exitcode(status), "loaded": loaded.read().splitlines()}
        print(json.dumps(reply), file=replies)


def _run(function: str, loaded: IO[str], arguments: list[str], variables: dict[str, str], log: str) -> NoReturn:
    status = 3  # pytest's own for an error within
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(variables)
        module, _, name = function.partition(":")
        status = getattr(importlib.import_module(module), name)(arguments) or 0
        files = {getattr(module, "__dict__", {}).get("__file__") for module in list(sys.modules.values())}
        loaded.write("\n".join(sorted(filter(None, files))))
        loaded.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2:])
