"""Decides which errors are refusals of a config's values (R6).

A refusal is a `ValueError`, or the validation error in which newer releases wrap it. Its text names the key, the value
as it was written, and the range if there is one. If a required key was left out, the text needs to name only the key,
and a `KeyError` is a refusal too. Any other error is a crash, also a `ValueError` from inside a computation.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import huggingface_hub.errors


MISSING = object()
_NO_NAMES = ("None", "True", "False", "nan", "inf")


def _of_hub(name: str) -> tuple[type[Exception], ...]:
    """A tuple with this error class of `huggingface_hub`. It is empty if there is no such class, as with 4.x."""
    found = getattr(huggingface_hub.errors, name, None)
    return () if found is None else (found,)


# The first is raised if a field's type does not allow a value, the second if a validator of the whole config raises.
_OF_A_FIELD, _OF_A_VALIDATOR = (_of_hub(f"StrictDataclass{what}ValidationError") for what in ("Field", "Class"))


def names(text: str, key: str) -> bool:
    """Whether a text has a key as a whole word: `partial_rotary_factor` does not name `factor`."""
    return re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text) is not None


def names_value(text: str, value: Any) -> bool:
    """Whether a text has a value as it was written: 1.5, -1 or v1 do not name 1.

    A string must be in quotes, to distinguish "4" from 4. A word that can only be a string (linear) needs no quotes.
    """
    written = {repr(value), f'"{value}"'} if isinstance(value, str) else {repr(value)}
    if isinstance(value, str) and value.isidentifier() and value not in _NO_NAMES:
        written.add(value)
    if isinstance(value, int) and not isinstance(value, bool):
        written.add(f"{value}.0")
    either = "|".join(map(re.escape, written))
    return re.search(rf"(?<![\w.-])({either})(?!\w|\.\d)", text) is not None


def refuses(error: BaseException, asked: Mapping[str, Any], bounds: Collection[float] = ()) -> bool:
    """Whether an error refuses a config keyword, or a key in a dict that was passed as a config keyword.

    Args:
        asked: config keywords; `MISSING` is the value of a required keyword that was left out.
        bounds: the numbers that state the range.
    """
    text = str(error)
    if _is_typed(error):
        named = any(
            names(text, key) and (value is MISSING or names_value(text, value)) for key, value in _entries(asked)
        )
        return named and all(names_value(text, bound) for bound in bounds)
    missing = (key for key, value in asked.items() if value is MISSING)
    return isinstance(error, KeyError) and any(names(text, key) for key in missing)


def _is_typed(error: BaseException) -> bool:
    if isinstance(error, _OF_A_VALIDATOR):
        return isinstance(error.__cause__, ValueError)
    return isinstance(error, (ValueError, *_OF_A_FIELD))


def told(error: BaseException) -> str:
    """An error in one line: its class and its text."""
    return f"{type(error).__name__}: {error}"


def _entries(asked: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every key with its value, also from nested dicts."""
    for key, value in asked.items():
        yield str(key), value
        if isinstance(value, Mapping):
            yield from _entries(value)
