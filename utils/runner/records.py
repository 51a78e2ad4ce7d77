"""What runs found, each kept with digests of all that it was made from: while none differs, it need not run again.

Standard library only.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


class Records:
    """What was found of one package, a file for each run.

    A run is told by the files of the package that it loaded. Which these are is known after it, so all are read
    beforehand: one that changes meanwhile is then held against what it was.

    Args:
        folder: where the records are, by the name of the run.
        package: the folder of the package.
        common: what all runs depend on beside it, of JSON's types.
    """

    def __init__(self, folder: Path, package: Path, common: Any):
        self._folder = folder
        self._package = package
        self._files = {str(path.relative_to(package)): digest_of(path) for path in package.rglob("*.py")}
        # Which files there are counts, too: a package may list its own folders.
        self._common = _digest_of_json([common, sorted(self._files)])

    def find(self, name: str, own: Callable[[Any], Any]) -> Any | None:
        """What an earlier run found, if it was made from what is there now; None otherwise.

        Args:
            own: what that run depends on alone, of JSON's types, given what it found.
        """
        try:
            record = json.loads(self._file(name).read_text())
        except (OSError, ValueError):
            return None
        if record["common"] != self._common:
            return None
        found = record["found"]
        return found if record == self._record(found, own(found), record["loaded"]) else None

    def forget(self, name: str) -> None:
        self._file(name).unlink(missing_ok=True)

    def keep(self, name: str, found: Any, own: Any, loaded: Iterable[Path]) -> None:
        """Record a run, whole or not at all.

        Args:
            found: of JSON's types.
            own: as `find` asks for it.
            loaded: the files of all modules that it loaded. Where they do not show the package, or show a file of it
                that came later, nothing is recorded.
        """
        inside = [str(path.relative_to(self._package)) for path in loaded if self._holds(path)]
        if "__init__.py" not in inside or not self._files.keys() >= set(inside):
            return
        partial = self._file(name).with_suffix(f".{os.getpid()}")
        self._folder.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(self._record(found, own, inside)))
        partial.replace(self._file(name))

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _holds(self, path: Path) -> bool:
        return path.suffix == ".py" and path.is_relative_to(self._package)

    def _record(self, found: Any, own: Any, names: Iterable[str]) -> dict[str, Any]:
        loaded = {name: self._files.get(name) for name in names}
        return {"common": self._common, "own": _digest_of_json(own), "loaded": loaded, "found": found}


def digest_of(*places: Path) -> str:
    """A digest of files, and of all files in folders, with their names; bytecode is left out."""
    total = hashlib.sha256()
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                name = path.relative_to(place.parent).as_posix()
                total.update(f"{name}\0{_digest(path.read_bytes())}\n".encode())
    return total.hexdigest()


def _digest_of_json(value: Any) -> str:
    return _digest(json.dumps(value, sort_keys=True).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
