"""A process that has imported all that a mutant of one module cannot change, and forks a child for every mutant.

It speaks JSON lines: `{"source", "lines", "first", "seconds"}` in, `{"killer"}` out, the name of a check, "time" or
"crash". The first line out is about the module as it is: `{"killer", "seconds"}`. A mutant is judged by the checks
that run one of its lines, `[first, last]`; all of them, where that runs at import.

    python -m mutation.zygote MODULE MODEL...
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

from .jury import find_killer, trace


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


def main(module: str, *models: str) -> None:
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    start = time.monotonic()
    unmutated = _in_child(lambda: _judge_unmutated(module, models), 3600.0)
    print(json.dumps({"killer": unmutated["killer"], "seconds": time.monotonic() - start}), file=replies)
    if unmutated["killer"] is not None:
        return
    _import_around(module, unmutated["modules"])
    reach = unmutated["reach"]
    for line in sys.stdin:
        request = json.loads(line)
        checks = _checks_of(reach, *request["lines"])
        first = [name for name in request["first"] if name in checks]

        def judge(request=request, checks=(*first, *checks)) -> dict:
            sys.meta_path.insert(0, _Mutated(module, request["source"]))
            return {"killer": find_killer(checks)}

        print(json.dumps(_in_child(judge, request["seconds"]) if checks else {"killer": None}), file=replies)


def _judge_unmutated(module: str, models: tuple[str, ...]) -> dict:
    # `find_spec` would import the packages around it, some of which may import the module before it is traced.
    package, _, path = module.partition(".")
    folder = importlib.machinery.PathFinder.find_spec(package).submodule_search_locations[0]
    killer, reach = trace(models, os.path.join(folder, *path.split(".")) + ".py")
    return {"killer": killer, "reach": reach, "modules": list(sys.modules)}


def _checks_of(reach: dict[str, list[int]], first: int, last: int) -> dict[str, None]:
    """The checks that run any of these lines, in order."""
    running = {name for name, lines in reach.items() if any(first <= line <= last for line in lines)}
    return {name: None for name in reach if name and ("" in running or name in running)}


def _import_around(module: str, names: list[str]) -> None:
    """Imports what a run imports, as far as it does not need the module."""
    guard = _HeldBack(module)
    sys.meta_path.insert(0, guard)
    for name in names:
        if name not in sys.modules:
            try:
                importlib.import_module(name)
            except (_Stop, ImportError):
                pass  # the children import it, or find it, themselves
    sys.meta_path.remove(guard)


def _in_child(work, seconds: float) -> dict:
    """What `work` returns in a forked child; one that dies or lasts too long names that as the killer."""
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
            parts = [b'{"killer": "time"}']
    os.waitpid(child, 0)
    try:
        return json.loads(b"".join(parts))
    except ValueError:
        return {"killer": "crash"}


if __name__ == "__main__":
    main(*sys.argv[1:])
