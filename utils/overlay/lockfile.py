"""The lock of a release: for each root of an edit, upstream's definition, the copies that the edit reached, and how
often it applied.

A build of the same upstream and the same edits reaches the same. If it does not, it stops.
"""

import json
from collections.abc import Mapping

from .edits import Root
from .engine import Reach
from .errors import OverlayError
from .layout import Layout


def describe(reaches: list[Reach], counts: Mapping[Root, int]) -> dict[str, dict]:
    """The lock's content: per edit and root, what the root is and what the edit reaches from it.

    Args:
        counts: how often the edit of each root applied.
    """
    lock = {}
    for reach in reaches:
        reached: dict[str, list[str]] = {}
        for target in reach.targets:
            reached.setdefault(target.file, []).append(target.span.name)
        lock[reach.key] = {
            "fingerprint": reach.fingerprint,
            "matches": counts[reach.root],
            "reaches": dict(sorted(reached.items())),
        }
        if reach.generated_from:
            lock[reach.key]["generated_from"] = reach.generated_from
    return lock


def read(layout: Layout, release: str) -> dict[str, dict]:
    try:
        return json.loads(layout.lock(release).read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise OverlayError(
            f"the lock cannot be read: {error}",
            way_out=f"restore it from git, or write it again: make relock RELEASE={release}",
            file=layout.lock(release),
            release=release,
        ) from error


def write(layout: Layout, release: str, lock: dict[str, dict]) -> None:
    path = layout.lock(release)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(lock, indent=1, sort_keys=True) + "\n")
    partial.replace(path)


def check(layout: Layout, release: str, lock: dict[str, dict]) -> None:
    """Compare what edits reach now with the lock.

    Raises:
        OverlayError: names every edit, file and definition that is not as the lock has it.
    """
    kept = read(layout, release)
    moved = [key for key in sorted(kept.keys() | lock.keys()) if kept.get(key) != lock.get(key)]
    if not moved:
        return
    told = [f"\n  - {place_of(key)}: {'; '.join(moves(kept.get(key), lock.get(key))[:5])}" for key in moved]
    raise OverlayError(
        "edits do not apply as the lock says:" + "".join(told),
        way_out=f"look at what moved with `make relock RELEASE={release}`; commit the lock with the edit",
        file=layout.lock(release),
        release=release,
    )


def place_of(key: str) -> str:
    """The root and the edit that a key of a lock names, in words."""
    file, definition, description = key.split("::", 2)
    return f"{file}::{definition} ({description})"


def moves(old: dict | None, new: dict | None) -> list[str]:
    """What changed between two entries of a lock, a phrase each: `-file::name` is a copy that only the old one has."""
    if old is None:
        return ["an edit that the lock does not know"]
    if new is None:
        return ["the lock knows an edit that the overlay lacks"]
    before, after = (
        {f"{file}::{name}" for file, names in entry["reaches"].items() for name in names} for entry in (old, new)
    )
    told = []
    if old["fingerprint"] != new["fingerprint"]:
        told.append("upstream's definition is not the one that was locked")
    was, now = (entry.get("generated_from") for entry in (old, new))
    if was != now:
        told.append(f"its file is generated from {now}" if now else f"its file is no longer generated from {was}")
    if old.get("matches") != new["matches"]:
        told.append(f"applies {new['matches']} times, not {old.get('matches')}")
    gone, come = sorted(before - after), sorted(after - before)
    return [*told, *(f"-{name}" for name in gone), *(f"+{name}" for name in come)]
