"""The lock of a release: for each root of an edit, upstream's definition and the copies that the edit reached.

A build of the same upstream and the same edits reaches the same. If it does not, it stops.
"""

import json

from .engine import Reach
from .errors import OverlayError
from .layout import Layout


def describe(reaches: list[Reach]) -> dict[str, dict]:
    """The lock's content: per edit and root, the root's fingerprint and the definitions that are reached, per file."""
    lock = {}
    for reach in reaches:
        reached: dict[str, list[str]] = {}
        for target in reach.targets:
            reached.setdefault(target.file, []).append(target.span.name)
        lock[reach.key] = {"fingerprint": reach.fingerprint, "reaches": dict(sorted(reached.items()))}
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
        OverlayError: names the first edit, file and definition that moved.
    """
    kept = read(layout, release)
    if kept == lock:
        return
    way_out = f"look at what moved with `make relock RELEASE={release}`; commit the lock with the edit"
    for key in sorted(kept.keys() | lock.keys()):
        old, new = kept.get(key), lock.get(key)
        if old == new:
            continue
        file, definition, description = key.split("::", 2)
        where = {"file": file, "definition": definition, "edit": description, "release": release}
        if old is None:
            raise OverlayError("an edit that the lock does not know", way_out=way_out, **where)
        if new is None:
            raise OverlayError("the lock knows an edit that the overlay lacks", way_out=way_out, **where)
        if old["fingerprint"] != new["fingerprint"]:
            raise OverlayError("upstream's definition is not the one that was locked", way_out=way_out, **where)
        raise OverlayError(f"the copies moved: {'; '.join(differences(old, new)[:5])}", way_out=way_out, **where)


def differences(old: dict, new: dict) -> list[str]:
    """The definitions that only the old lock of an edit has (`-file::name`), or only the new one (`+file::name`)."""
    before = {f"{file}::{name}" for file, names in old["reaches"].items() for name in names}
    after = {f"{file}::{name}" for file, names in new["reaches"].items() for name in names}
    return [f"-{name}" for name in sorted(before - after)] + [f"+{name}" for name in sorted(after - before)]
