"""The lock of the exemptions of a release: the definitions that each one covers, by file."""

import json
from collections.abc import Mapping

from overlay.errors import OverlayError
from overlay.layout import Layout


Covered = dict[str, dict[str, list[str]]]  # by the label of an exemption, by file


def read(layout: Layout, release: str) -> Covered:
    path = layout.exempt_lock(release)
    return json.loads(path.read_text()) if path.exists() else {}


def write(layout: Layout, release: str, covered: Covered) -> None:
    path = layout.exempt_lock(release)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(covered, indent=1, sort_keys=True) + "\n")


def moves(old: Mapping[str, Mapping[str, list[str]]], new: Mapping[str, Mapping[str, list[str]]]) -> list[str]:
    """What changed between two locks: `+` or `-`, a definition, and the exemption that it has or had."""
    before, after = (
        {(label, f"{file}::{name}") for label, files in one.items() for file, names in files.items() for name in names}
        for one in (old, new)
    )
    return [
        *(f"-{name}, exempt as {label}" for label, name in sorted(before - after)),
        *(f"+{name}, exempt as {label}" for label, name in sorted(after - before)),
    ]


def check(layout: Layout, release: str, covered: Covered) -> None:
    """Compare what exemptions cover now with the lock.

    Raises:
        OverlayError: names the definitions that came or went.
    """
    if moved := moves(read(layout, release), covered):
        raise OverlayError(
            "exemptions do not cover what the lock says:" + "".join(f"\n  - {line}" for line in moved[:10]),
            way_out=f"read which copies came or went; if the reason holds for them, `make relock RELEASE={release}`",
            file=layout.exempt_lock(release),
            release=release,
        )
