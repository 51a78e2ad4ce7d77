"""Reads the JSON of a config, in bounded time and memory."""

import json
import re
import stat
from pathlib import Path
from typing import Any

from .unreadable import UnreadableError


LARGEST = 8 * 2**20  # bytes; the configs that we know have less than a tenth of this
DEEPEST = 64
# A text that does not end reaches to the end of the file: to search on behind its quote would take quadratic time.
_TEXT_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def read_bytes(path: Path, largest: int) -> bytes:
    """The bytes of a regular file.

    Raises:
        UnreadableError: "not-found", "not-a-file", "no-access" or "too-large".
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("not-a-file", "a config must be a regular file, and this is a folder or a device")
        with path.open("rb") as file:
            found = file.read(largest + 1)
    except FileNotFoundError:
        raise UnreadableError("not-found", "there is no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        raise UnreadableError("no-access", f"{getattr(error, 'strerror', None) or error}") from None
    if len(found) > largest:
        raise UnreadableError("too-large", f"a config has at most {largest} bytes, and this has more")
    return found


def read_json(path: Path) -> tuple[dict[str, Any], str]:
    """The object of a JSON file, and its text.

    Raises:
        UnreadableError: also "not-utf-8", "empty", "too-deep", "cut-off", "not-json" or "not-an-object".
    """
    found = read_bytes(path, LARGEST)
    try:
        text = found.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError("not-utf-8", f"byte {error.start} is not UTF-8") from None
    return parse(text), text


def parse(text: str) -> dict[str, Any]:
    """The object that a text holds.

    Raises:
        UnreadableError: as in `read_json`.
    """
    if not text.strip():
        raise UnreadableError("empty", "the file has no text")
    if _depth(text) > DEEPEST:
        raise UnreadableError("too-deep", f"a config is nested at most {DEEPEST} deep, and this is deeper")
    try:
        found = json.loads(text, parse_int=_integer)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        name = "cut-off" if cut else "not-json"
        raise UnreadableError(name, f"{error.msg} in line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError) as error:  # a number with thousands of digits
        raise UnreadableError("not-json", f"{error}".partition(";")[0]) from None
    if not isinstance(found, dict):
        raise UnreadableError("not-an-object", f"a config is an object, and this is a {type(found).__name__}")
    return found


def _integer(digits: str) -> int | float:
    """A number of many digits becomes a float, which may be infinite: it is the size of nothing."""
    return int(digits) if len(digits) < 20 else float(digits)


def _depth(text: str) -> int:
    """The deepest nesting, also of a text that is no JSON."""
    deepest = depth = 0
    for found in _TEXT_OR_BRACKET.finditer(text):
        if found[0] not in _STEPS:
            continue
        depth += _STEPS[found[0]]
        deepest = max(deepest, depth)
        if deepest > DEEPEST:
            break
    return deepest
