"""Reads the keys in the header of a GGUF file, in bounded time and memory. The data of tensors is not read.

The file states the length of every text and list. None of these lengths is trusted: what is kept is small, what is
skipped lies within the file, and there is a limit for the number of steps.
"""

import os
import stat
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from .unreadable import UnreadableError


MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_KEYS = 65_536
MOST_TENSORS = 1_000_000
LONGEST_NAME = 65_535  # bytes, by GGUF's specification for keys
LONGEST_TEXT = 65_536  # bytes of a value that is kept; longer ones are skipped
LONGEST_LIST = 1_024  # items that are kept
MOST_STEPS = 8_000_000  # texts in lists, such as the tokens of a vocabulary
DEEPEST = 4
_SHORT = 4_096
_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
_SKIPPED = object()


@dataclass
class GgufHeader:
    """What the header of a GGUF file states.

    Args:
        keys: the values of all keys; long texts and lists are left out.
        tensors: the shape of each tensor whose name begins with `rope_`.
    """

    keys: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, tuple[int, ...]] = field(default_factory=dict)


def read_gguf(path: Path) -> GgufHeader:
    """The header of a GGUF file.

    Raises:
        UnreadableError: "not-found", "not-a-file", "no-access", "not-gguf", "unsupported-version", "cut-off",
            "lies-about-sizes", "too-large", "too-deep" or "not-utf-8".
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("not-a-file", "a GGUF file must be a regular file")
        with path.open("rb") as file:
            return _Reader(file, status.st_size).header()
    except FileNotFoundError:
        raise UnreadableError("not-found", "there is no such file") from None
    except OSError as error:
        raise UnreadableError("no-access", f"{error.strerror or error}") from None


class _Reader:
    def __init__(self, file: BinaryIO, size: int):
        self.file, self.size, self.order = file, size, "<"
        self.place = self.steps = 0

    def header(self) -> GgufHeader:
        magic = self.file.read(4)
        self.place += len(magic)
        if magic != MAGIC:
            raise UnreadableError("not-gguf", f"a GGUF file begins with {MAGIC!r}, and this with {magic!r}")
        version = self.number("I")
        if version & 0xFFFF == 0:  # the file is for machines with the other order of bytes
            self.order = ">"
            version = int.from_bytes(version.to_bytes(4, "little"), "big")
        if version not in VERSIONS:
            raise UnreadableError("unsupported-version", f"the version is {version}, and we read {VERSIONS}")
        tensors, keys = self.number("Q"), self.number("Q")
        if keys > MOST_KEYS or tensors > MOST_TENSORS:
            detail = f"{keys} keys and {tensors} tensors, and we read at most {MOST_KEYS} and {MOST_TENSORS}"
            raise UnreadableError("too-large", detail)
        self.fits(13 * keys + 24 * tensors, f"{keys} keys and {tensors} tensors")
        header = GgufHeader()
        for _ in range(keys):
            name = self.text(LONGEST_NAME, must=True)
            value = self.value(self.number("I"), 0)
            if value is not _SKIPPED:
                header.keys[name] = value
        for _ in range(tensors):
            name = self.text(LONGEST_NAME, must=True)
            if (axes := self.number("I")) > 8:
                raise UnreadableError("lies-about-sizes", f"the tensor {name[:40]!r} has {axes} axes")
            shape = tuple(self.number("Q") for _ in range(axes))
            self.take(12)  # its type and its place
            if name.startswith("rope_"):
                header.tensors[name] = shape
        return header

    def value(self, kind: int, depth: int) -> Any:
        if kind in _FORMATS:
            return self.number(_FORMATS[kind])
        if kind == _TEXT:
            return self.text(LONGEST_TEXT)
        if kind != _LIST:
            raise UnreadableError("lies-about-sizes", f"a value has the type {kind}, which GGUF does not have")
        if depth == DEEPEST:
            raise UnreadableError("too-deep", f"lists are nested more than {DEEPEST} deep")
        inner, length = self.number("I"), self.number("Q")
        if inner in _FORMATS:
            form = _FORMATS[inner]
            self.fits(length * struct.calcsize(form), f"a list of {length} items")
            if length > LONGEST_LIST:
                self.skip(length * struct.calcsize(form))
                return _SKIPPED
            return list(struct.unpack(f"{self.order}{length}{form}", self.take(length * struct.calcsize(form))))
        self.fits(length * (8 if inner == _TEXT else 12), f"a list of {length} items")
        found = []
        for _ in range(length):
            self.step()
            item = self.skip_text() if length > LONGEST_LIST and inner == _TEXT else self.value(inner, depth + 1)
            if length <= LONGEST_LIST and item is not _SKIPPED:
                found.append(item)
        return found if length <= LONGEST_LIST else _SKIPPED

    def text(self, longest: int, must: bool = False) -> Any:
        length = self.number("Q")
        self.fits(length, f"a text of {length} bytes")
        if length > longest:
            if must:
                raise UnreadableError("too-large", f"a name has {length} bytes, and names have at most {longest}")
            self.skip(length)
            return _SKIPPED
        try:
            return self.take(length).decode()
        except UnicodeDecodeError:
            raise UnreadableError("not-utf-8", f"a text of {length} bytes is not UTF-8") from None

    def skip_text(self) -> object:
        length = self.number("Q")
        if length >= _SHORT:
            self.fits(length, f"a text of {length} bytes")
        self.skip(length)
        return _SKIPPED

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise UnreadableError("too-large", f"lists have more than {MOST_STEPS} items")

    def number(self, form: str) -> Any:
        return struct.unpack(f"{self.order}{form}", self.take(struct.calcsize(f"{self.order}{form}")))[0]

    def take(self, length: int) -> bytes:
        found = self.file.read(length)
        self.place += len(found)
        if len(found) < length:
            raise UnreadableError("cut-off", f"the file ends within the header, after {self.size} bytes")
        return found

    def skip(self, length: int) -> None:
        if length < _SHORT:  # to seek would drop the buffer
            self.take(length)
        else:
            self.file.seek(length, os.SEEK_CUR)
            self.place += length

    def fits(self, length: int, what: str) -> None:
        """Refuses a length that is longer than the rest of the file."""
        if length > self.size - self.place:
            raise UnreadableError("lies-about-sizes", f"the file states {what}, and is not that long")
