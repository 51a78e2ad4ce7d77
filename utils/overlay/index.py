"""A cache between builds: where the definitions of upstream's files are, and what their fingerprints are.

The key of an entry is a digest of the text that it describes. So an entry is never out of date, and serves pristine
and built trees.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import definitions, tools
from .definitions import LineSpan


# An entry is valid only for the code and the tools that made it.
_CODE = "".join(Path(module).read_text() for module in (definitions.__file__, Path(__file__).with_name("engine.py")))
_CODE = hashlib.sha256(f"{_CODE}{tools.versions()}".encode()).hexdigest()


class Index:
    def __init__(self, path: Path):
        self._path = path
        self._used: dict[str, Any] = {}
        self._grown = False
        try:
            self._kept = json.loads(path.read_text())
        except (OSError, ValueError):  # there is none yet, or it was cut short: it is only a cache
            self._kept = {}

    def definitions(self, source: str) -> list[LineSpan]:
        """The definitions of a file, as `definitions.find_definitions` gives them."""

        def find() -> list:
            return [[span.name, span.start, span.end] for span in definitions.find_definitions(source)]

        return [LineSpan(*entry) for entry in self._look_up(f"file\0{source}", find)]

    def headers(self, source: str) -> list[LineSpan]:
        """The headers of its classes, as `definitions.find_headers` gives them."""

        def find() -> list:
            return [[span.name, span.start, span.end] for span in definitions.find_headers(source)]

        return [LineSpan(*entry) for entry in self._look_up(f"headers\0{source}", find)]

    def fingerprint(self, text: str, prefix: str) -> str:
        """The fingerprint of a definition, as `definitions.fingerprint` gives it."""
        return self._look_up(f"definition\0{prefix}\0{text}", lambda: definitions.fingerprint(text, prefix))

    def copies(self, tree: str, root: str, find: Callable[[], Any]) -> Any:
        """The result of `find`: the copies of a `root` in the tree whose identity is `tree`."""
        return self._look_up(f"copies\0{tree}\0{root}", find)

    def recall(self, what: str, find: Callable[[], Any]) -> Any:
        """The result of `find`, as JSON holds it; `what` contains all that the result depends on."""
        return self._look_up(what, find)

    def _look_up(self, what: str, find: Callable[[], Any]) -> Any:
        key = hashlib.sha256(f"{_CODE}\0{what}".encode()).hexdigest()[:24]
        if key not in self._used:
            if key not in self._kept:
                self._kept[key] = find()
                self._grown = True
            self._used[key] = self._kept[key]
        return self._used[key]

    def save(self) -> None:
        """Keep what this build used, and remove the rest."""
        if self._grown or len(self._used) < len(self._kept) // 2:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_suffix(f".{os.getpid()}")
            partial.write_text(json.dumps(self._used))
            partial.replace(self._path)
