"""A process that imports what all runs of a function share, and forks a child for each: the import is paid for once.

It speaks JSON lines: `{"arguments", "variables", "log", "limit"}` in, `{"status", "timed_out", "loaded"}` out.

    python fork_server.py FUNCTION MODULE...

The fork server of `multiprocessing` does not do this: it has the interpreter and the environment variables of the
process that starts it. Here, these differ: `./run_tests` runs in any Python, and `make parity` compares two builds.
"""

import faulthandler
import gc
import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn


# Seconds. The slowest model takes 89 on two cores, so this is ten times as long: a run that takes longer hangs.
TIME_LIMIT = 900.0


@dataclass(frozen=True)
class EndedRun:
    """How a run ended.

    Args:
        status: what the function returned, 3 if it raised; negative, the signal that ended the run.
        timed_out: whether it was ended at the time limit.
        loaded: the files of all modules that were loaded at its end; none if a signal ended it.
    """

    status: int
    timed_out: bool
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

    def run(
        self,
        arguments: Iterable[str | Path],
        variables: Mapping[str, str],
        log: Path,
        limit: float = TIME_LIMIT,
    ) -> EndedRun:
        """One run of the function.

        Args:
            variables: of the environment, in addition to those of all runs.
            log: the file that gets what it prints. After a run that takes too long, the log ends with the calls that
                the run was in.
            limit: how many seconds it may take. Then it is killed, with all processes that it started.

        Raises:
            RuntimeError: the process itself has ended.
        """
        request = {
            "arguments": [str(x) for x in arguments],
            "variables": dict(variables),
            "log": str(log),
            "limit": limit,
        }
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            reply = json.loads(self._process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise RuntimeError(f"the process that forks runs ended with status {self._process.wait()}") from None
        return EndedRun(reply["status"], reply["timed_out"], tuple(map(Path, reply["loaded"])))

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
            status, timed_out = _wait(child, request["limit"] + _GRACE)
            loaded.seek(0)
            reply = {"status": status, "timed_out": timed_out, "loaded": loaded.read().splitlines()}
        print(json.dumps(reply), file=replies)


_GRACE = 1.0  # seconds, for the child to write where it is


def _wait(child: int, limit: float) -> tuple[int, bool]:
    """The exit code of a child, and whether it was killed because it did not end within `limit` seconds."""
    too_late = threading.Event()

    def end() -> None:
        too_late.set()
        _kill_group(child)

    timer = threading.Timer(limit, end)
    timer.start()
    try:
        _, status = os.waitpid(child, 0)
    except BaseException:  # such as Ctrl-C, which does not reach the child's group
        _kill_group(child)
        raise
    finally:
        timer.cancel()
        timer.join()  # a thread must not run while the next child is forked
    return os.waitstatus_to_exitcode(status), too_late.is_set()


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _run(
    function: str, loaded: IO[str], arguments: list[str], variables: dict[str, str], log: str, limit: float
) -> NoReturn:
    status = 3  # pytest's own for an error within
    try:
        os.setsid()  # a group of its own, with all that it starts
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        # A copy of the file, since pytest puts another file in the place of 2.
        faulthandler.dump_traceback_later(limit, file=os.dup(output))
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
