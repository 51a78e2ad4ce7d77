"""Processes that have imported all that a mutant of one module cannot change, and fork a child for every mutant.

There are two. One has imported everything, and puts the code of the mutant into the functions that are there: that
takes no time, but changes nothing that ran while modules were imported. Where a mutant changes that, the other one
judges it, which has imported what does not need the module, and imports the rest again.

They speak JSON lines: `{"source", "lines", "first", "seconds"}` in, `{"killing_test"}` out. That is the name of a
check, "time" or "crash". The first line out is about the module as it is: `{"killing_test", "seconds"}`. A mutant is
judged by the checks that run one of its lines, `[first, last]`; all of them, where that runs before any check.

    python -m mutation.preforked_worker MODULE MODEL...
"""

import importlib
import importlib.abc
import importlib.machinery
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from .in_place import Functions
from .runner import describe, find_killing_test, trace


_BEFORE_CHECKS = ("", "import")
MEMORY = 16 * 2**30  # bytes of address space; a mutant that asks for more is caught by that


class _Stop(BaseException):
    """The module that mutates is about to be imported."""


class _HeldBack(importlib.abc.MetaPathFinder):
    """Ends the import of whatever needs a module."""

    def __init__(self, module: str):
        self.module = module

    def find_spec(self, fullname, path, target=None):
        if fullname == self.module:
            raise _Stop


class _Mutated(importlib.abc.MetaPathFinder):
    """Finds one module with another source."""

    def __init__(self, module: str, source: str):
        self.module = module
        self.source = source

    def find_spec(self, fullname, path, target=None):
        if fullname != self.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        spec.loader = _Loader(fullname, spec.origin, self.source)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, source: str):
        super().__init__(fullname, path)
        self.source = source

    def get_data(self, path: str) -> bytes:
        return self.source.encode()

    def get_code(self, fullname: str):
        return self.source_to_code(self.source, self.path)


class _PreforkedWorker:
    """A forked process that imports modules, and then forks a child for every mutant.

    Args:
        prepare: what it does first. It gives what puts a mutant's source in place, in a child, and says if it did.
    """

    def __init__(self, prepare: Callable[[], Callable[[str], bool]]):
        requests, self._requests = os.pipe()
        self._replies, replies = os.pipe()
        if not os.fork():
            os.close(self._requests)
            with os.fdopen(requests) as lines, os.fdopen(replies, "w", buffering=1) as answers:
                self._serve(prepare(), lines, answers)
            os._exit(0)
        os.close(requests)
        os.close(replies)
        self._requests = os.fdopen(self._requests, "w", buffering=1)
        self._replies = os.fdopen(self._replies)

    @staticmethod
    def _serve(apply: Callable[[str], bool], requests: Iterable[str], replies) -> None:
        for line in requests:
            request = json.loads(line)

            def judge(request=request) -> dict:
                placed = apply(request["source"])
                return {"placed": placed, "killing_test": find_killing_test(request["checks"]) if placed else None}

            print(json.dumps(_in_child(judge, request["seconds"])), file=replies)

    def judge(self, source: str, checks: list[str], seconds: float) -> dict:
        print(json.dumps({"source": source, "checks": checks, "seconds": seconds}), file=self._requests)
        return json.loads(self._replies.readline())


def main(module: str, *models: str) -> None:
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    start = time.monotonic()
    unmutated = _in_child(lambda: _judge_unmutated(module, models), 3600.0)
    print(json.dumps({"killing_test": unmutated["killing_test"], "seconds": time.monotonic() - start}), file=replies)
    if unmutated["killing_test"] is not None:
        return
    reach, modules = unmutated["reach"], unmutated["modules"]
    fresh, in_place = (
        _PreforkedWorker(lambda: _import_around(module, modules)),
        _PreforkedWorker(lambda: _import_all(module, modules, models)),
    )
    for line in sys.stdin:
        request = json.loads(line)
        first, last = request["lines"]
        checks = _checks_of(reach, first, last)
        ordered = [*(name for name in request["first"] if name in checks), *checks]
        for worker in (fresh,) if any(first <= line <= last for line in reach["import"]) else (in_place, fresh):
            reply = worker.judge(request["source"], ordered, request["seconds"])
            if reply.pop("placed", True):
                break
        print(json.dumps(reply), file=replies)


def _import_all(module: str, names: Iterable[str], models: Iterable[str]) -> Callable[[str], bool]:
    _import(names)
    describe(models)  # by the code as it is: it takes longer than most mutants
    file = _file_of(module)
    return Functions(file, Path(file).read_text()).replace


def _import_around(module: str, names: Iterable[str]) -> Callable[[str], bool]:
    """Imports what does not need the module; the children import the rest."""
    guard = _HeldBack(module)
    sys.meta_path.insert(0, guard)
    _import(names)
    sys.meta_path.remove(guard)

    def apply(source: str) -> bool:
        sys.meta_path.insert(0, _Mutated(module, source))
        return True

    return apply


def _file_of(module: str) -> str:
    # `find_spec` would import the packages around it, some of which may import the module before it is traced.
    package, _, path = module.partition(".")
    folder = importlib.machinery.PathFinder.find_spec(package).submodule_search_locations[0]
    return os.path.join(folder, *path.split(".")) + ".py"


def _judge_unmutated(module: str, models: tuple[str, ...]) -> dict:
    killing_test, reach = trace(models, _file_of(module))
    return {"killing_test": killing_test, "reach": reach, "modules": list(sys.modules)}


def _checks_of(reach: dict[str, list[int]], first: int, last: int) -> dict[str, None]:
    """The checks that run any of these lines, in order; all, where something before them does."""
    running = {name for name, lines in reach.items() if any(first <= line <= last for line in lines)}
    early = not running.isdisjoint(_BEFORE_CHECKS)
    return {name: None for name in reach if name not in _BEFORE_CHECKS and (early or name in running)}


def _import(names: Iterable[str]) -> None:
    for name in names:
        if name not in sys.modules:
            try:
                importlib.import_module(name)
            except (_Stop, ImportError):
                pass  # a child imports it, or finds it, itself


def _in_child(work, seconds: float) -> dict:
    """What `work` returns in a forked child; one that dies or lasts too long names that as the killing test."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        status = 1
        try:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            with os.fdopen(write, "w") as pipe:
                json.dump(work(), pipe)
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    end = time.monotonic() + seconds
    parts = []
    with os.fdopen(read, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
            part = pipe.read(1 << 16)
            if not part:
                break
            parts.append(part)
        else:
            os.kill(child, signal.SIGKILL)
            parts = [b'{"killing_test": "time"}']
    os.waitpid(child, 0)
    try:
        return json.loads(b"".join(parts))
    except ValueError:
        return {"killing_test": "crash"}


if __name__ == "__main__":
    main(*sys.argv[1:])
