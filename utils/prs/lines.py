"""How many lines of a change a person writes, and how many upstream's own tools write after that."""

import difflib
import re
from dataclasses import dataclass

from overlay.definitions import find_definitions


GENERATED = "automatically generated from"
COPIED = re.compile(r"\s*# Copied from ")
_DECORATORS = 5  # lines at the beginning of a definition that may hold the comment
_HEAD = 2000  # characters: the notice of a generated file stands at its top


@dataclass
class Lines:
    """Lines that are added plus lines that are removed.

    Attributes:
        written: by hand.
        generated: in files that the modular converter makes.
        copied: in definitions that `check_copies.py` copies.
    """

    written: int = 0
    generated: int = 0
    copied: int = 0


def is_generated(text: str) -> bool:
    return GENERATED in text[:_HEAD]


def count(before: dict[str, str], after: dict[str, str]) -> Lines:
    """The lines of a change, from the texts of the same files before and after it."""
    found = Lines()
    for file, old in before.items():
        new = after[file]
        removed, added = _changed(old, new)
        if is_generated(old):
            found.generated += len(removed) + len(added)
            continue
        copied = len(removed & _copied(old)) + len(added & _copied(new))
        found.copied += copied
        found.written += len(removed) + len(added) - copied
    return found


def _changed(old: str, new: str) -> tuple[set[int], set[int]]:
    """The numbers of the lines that are removed from `old`, and of those that are added in `new`."""
    matcher = difflib.SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    removed = {number for _, start, end, _, _ in changes for number in range(start, end)}
    return removed, {number for _, _, _, start, end in changes for number in range(start, end)}


def _copied(text: str) -> set[int]:
    """The numbers of the lines in definitions that a comment names copies of others."""
    lines, found = text.splitlines(), set()
    for span in find_definitions(text):
        if any(map(COPIED.match, lines[max(span.start - 1, 0) : span.start + _DECORATORS])):
            found.update(range(span.start, span.end))
    return found
