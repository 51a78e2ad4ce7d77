"""What counts as a refusal of what a config asks for, said in this one place: its types, and what its text names.

R6: a refusal is a `ValueError`, or the validation error that newer releases wrap it in, which names the key and the
value as it was written, and the range where there is one; or, of a key that is missing, one of these or a `KeyError`,
which names the key. Any other error is a crash, also a `ValueError` from within a computation.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import huggingface_hub.errors


MISSING = object()
_NO_NAMES = ("None", "True", "False", "nan", "inf")


def _of_hub(name: str) -> tuple[type[Exception], ...]:
    """An error that 4.x has not."""
    found = getattr(huggingface_hub.errors, name, None)
    return () if found is None else (found,)


# What a field's type does not allow, and what a validator of the whole config raised, of whatever type.
_OF_A_FIELD, _OF_A_VALIDATOR = (_of_hub(f"StrictDataclass{what}ValidationError") for what in ("Field", "Class"))


def names(text: str, key: str) -> bool:
    """Whether a text has a key as a whole word: `factor` is not in `partial_rotary_factor`."""
    return re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text) is not None


def names_value(text: str, value: Any) -> bool:
    """Whether a text has a value as it was written: 1 is not in 1.5, -1 or v1.

    A string has its quotes, which tell "4" from 4, unless it is a name that nothing else could be, such as linear.
    """
    written = {repr(value), f'"{value}"'} if isinstance(value, str) else {repr(value)}
    if isinstance(value, str) and value.isidentifier() and value not in _NO_NAMES:
        written.add(value)
    if isinstance(value, int) and not isinstance(value, bool):
        written.add(f"{value}.0")
    either = "|".join(map(re.escape, written))
    return re.search(rf"(?<![\w.-])({either})(?!\w|\.\d)", text) is not None


def refuses(error: BaseException, asked: Mapping[str, Any], bounds: Collection[float] = ()) -> bool:
    """Whether an error refuses a keyword that a config was given, or one in a dict that it was given.

    Args:
        asked: config keywords; `MISSING` stands for a required one that was left out.
        bounds: numbers that the range is told by.
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
    return f"{type(error).__name__}: {error}"


def _entries(asked: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every key with its value, also those of dicts within."""
    for key, value in asked.items():
        yield str(key), value
        if isinstance(value, Mapping):
            yield from _entries(value)
