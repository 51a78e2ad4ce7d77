"""What is known of the text of upstream's files, kept between builds: where definitions stand, and what they are.

Entries go by a digest of the text that they describe, so that they serve pristine and built trees alike and never go
stale.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import definitions, tools
from .definitions import Span


# An entry holds for the code that made it, and for the tools.
_CODE = "".join(Path(module).read_text() for module in (definitions.__file__, Path(__file__).with_name("engine.py")))
_CODE = hashlib.sha256(f"{_CODE}{tools.versions()}".encode()).hexdigest()


class Index:
    def __init__(self, path: Path):
        self._path = path
        self._used: dict[str, Any] = {}
        self._grown = False
        try:
            self._kept = json.loads(path.read_text())
        except (OSError, ValueError):  # none yet, or one that was cut short: it is only a cache
            self._kept = {}

    def definitions(self, source: str) -> list[Span]:
        """The definitions of a file, as `definitions.find_definitions` gives them."""

        def find() -> list:
            return [[span.name, span.start, span.end] for span in definitions.find_definitions(source)]

        return [Span(*entry) for entry in self._look_up(f"file\0{source}", find)]

    def headers(self, source: str) -> list[Span]:
        """The headers of its classes, as `definitions.find_headers` gives them."""

        def find() -> list:
            return [[span.name, span.start, span.end] for span in definitions.find_headers(source)]

        return [Span(*entry) for entry in self._look_up(f"headers\0{source}", find)]

    def fingerprint(self, text: str, prefix: str) -> str:
        """The fingerprint of a definition, as `definitions.fingerprint` gives it."""
        return self._look_up(f"definition\0{prefix}\0{text}", lambda: definitions.fingerprint(text, prefix))

    def copies(self, tree: str, root: str, find: Callable[[], Any]) -> Any:
        """What `find` says of the copies of a `root` in the tree whose identity is `tree`."""
        return self._look_up(f"copies\0{tree}\0{root}", find)

    def recall(self, what: str, find: Callable[[], Any]) -> Any:
        """What `find` says, as JSON holds it; `what` names it and holds all that it depends on."""
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
        """Keep what this build used, and drop the rest."""
        if self._grown or len(self._used) < len(self._kept) // 2:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_suffix(f".{os.getpid()}")
            partial.write_text(json.dumps(self._used))
            partial.replace(self._path)
