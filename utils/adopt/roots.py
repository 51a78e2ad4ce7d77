"""What became of every root of an edit: the survey of a release beside that of the release whose lock is nearest."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from overlay import lockfile
from overlay.definitions import LineSpan
from overlay.edits import Edit, Root, definition_of
from overlay.engine import Reach, Tree, transform
from overlay.survey import Survey


class RootOutcome(IntEnum):
    """What became of a root; the later, the more is to do."""

    APPLIES = 0
    COPIES = 1
    GENERATED = 2
    CHANGED = 3
    NAMES = 4
    APPLIED_UPSTREAM = 5
    IDLE = 6
    GONE = 7


SAID = {
    RootOutcome.APPLIES: "applies as before",
    RootOutcome.COPIES: "applies, and reaches other copies",
    RootOutcome.GENERATED: "applies, and its file is generated now: the root should move to the modular file",
    RootOutcome.CHANGED: "applies, and upstream changed the root",
    RootOutcome.NAMES: "applies, and writes a name that upstream's root no longer has",
    RootOutcome.APPLIED_UPSTREAM: "is applied by upstream: end the range of the edit or root",
    RootOutcome.IDLE: "does not take hold",
    RootOutcome.GONE: "is gone",
}


@dataclass(frozen=True)
class RootFinding:
    """What became of a root; `details` are lines that say more."""

    key: str
    outcome: RootOutcome
    details: tuple[str, ...] = ()


def root_findings(new: Survey, old: Survey) -> list[RootFinding]:
    """What became of all roots of edits in a release, in the order of the edits.

    Args:
        old: of the nearest release whose lock holds.
    """
    before = lockfile.describe(old.reaches, old.edited.counts)
    after = lockfile.describe(new.reaches, new.edited.counts)
    earlier = {reach.key: reach for reach in old.reaches}
    found = [
        _applied(reach, before.get(reach.key), after[reach.key], earlier.get(reach.key), old.tree, new.tree)
        for reach in new.reaches
    ]
    for reach in new.idle:
        moved = _generated(before.get(reach.key), reach.generated_from)
        diff = _changes(earlier.get(reach.key), old.tree, new.tree)
        applied = _is_applied(reach.edit, reach.root, earlier, old, new.tree)
        outcome = RootOutcome.APPLIED_UPSTREAM if applied else RootOutcome.IDLE
        found.append(RootFinding(reach.key, outcome, (*moved, *diff)))
    for lost in new.lost:
        added = lost.edit.kind == "addition" and _has(new.tree, lost.root)
        diff = _changes(earlier.get(lost.key), old.tree, new.tree)
        outcome = RootOutcome.APPLIED_UPSTREAM if added else RootOutcome.GONE
        found.append(RootFinding(lost.key, outcome, (lost.problem, *diff)))
    return found


def _applied(
    reach: Reach, old: dict | None, new: dict, earlier: Reach | None, before: Tree, after: Tree
) -> RootFinding:
    if old is None:
        return RootFinding(reach.key, RootOutcome.COPIES, (f"new here: {sum(map(len, new['reaches'].values()))}",))
    moved = tuple(lockfile.moves(old, new))
    if not moved:
        return RootFinding(reach.key, RootOutcome.APPLIES)
    if _generated(old, new.get("generated_from")):
        return RootFinding(reach.key, RootOutcome.GENERATED, moved)
    if old["fingerprint"] != new["fingerprint"]:
        gone = _names_gone(reach, before, after)
        details = (*moved, *gone, *_changes(earlier, before, after))
        return RootFinding(reach.key, RootOutcome.NAMES if gone else RootOutcome.CHANGED, details)
    return RootFinding(reach.key, RootOutcome.COPIES, moved)


def _generated(old: dict | None, now: str | None) -> tuple[str, ...]:
    if now and not (old or {}).get("generated_from"):
        return (f"its file is generated from {now} now",)
    return ()


def _names_gone(reach: Reach, before: Tree, after: Tree) -> tuple[str, ...]:
    """The names that the edit writes, that upstream's root had, and that it no longer has."""
    edit, root = reach.edit, reach.root
    if edit.kind not in ("rewrite", "definition"):
        return ()
    ours = edit.fix if edit.kind == "rewrite" else definition_of(edit)
    had, has = (_words(_text(tree, root.file, root.name)) for tree in (before, after))
    gone = sorted((_words(ours) & had) - has)
    return (f"names that are gone: {', '.join(gone)}",) if gone else ()


def _words(text: str) -> set[str]:
    """The identifiers of code, without those in comments and prose."""
    code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
    return set(re.findall(r"[A-Za-z_]\w*", re.sub(r"#.*", "", code)))


def _changes(reach: Reach | None, before: Tree, after: Tree) -> tuple[str, ...]:
    """A short diff of a root and what is nearest to it in another tree."""
    if reach is None or reach.edit.kind in ("addition", "base"):
        return ()
    text = _text(before, reach.root.file, reach.root.name)
    candidate = _nearest(reach.root, text, after)
    if candidate is None:
        return ("nothing is like it",)
    file, name = candidate
    lines = difflib.unified_diff(text.splitlines(), _text(after, file, name).splitlines(), n=0, lineterm="")
    short = [line for line in list(lines)[2:] if not line.startswith("@@")]
    more = [f"... and {len(short) - 12} lines more"] if len(short) > 12 else []
    moved = [] if (file, name) == (reach.root.file, reach.root.name) else [f"nearest: {file}::{name}"]
    return (*moved, *short[:12], *more)


def _nearest(root: Root, text: str, tree: Tree) -> tuple[str, str] | None:
    """Itself, else the most similar definition of the same name: in its folder if there is one, else anywhere."""
    if _has(tree, root):
        return root.file, root.name
    simple, folder = root.name.split(".")[-1], root.file.rpartition("/")[0]
    places = [
        (file, span)
        for file in tree.files_defining(simple)
        for span in tree.spans(file)
        if span.name.split(".")[-1] == simple
    ]
    places = [place for place in places if place[0].rpartition("/")[0] == folder] or places

    def likeness(place: tuple[str, LineSpan]) -> float:
        lines = place[1].text(tree.lines(place[0])).splitlines()
        return difflib.SequenceMatcher(None, text.splitlines(), lines, autojunk=False).ratio()

    best = max(places, key=likeness, default=None)
    return (best[0], best[1].name) if best and likeness(best) > 0.5 else None


def _has(tree: Tree, root: Root) -> bool:
    return root.file in tree.files and any(span.name == root.name for span in tree.spans(root.file))


def _is_applied(edit: Edit, root: Root, earlier: Mapping[str, Reach], old: Survey, tree: Tree) -> bool:
    """Whether upstream's root has every line that the edit once wrote into it, and none that the edit took out."""
    reach = next((one for key, one in earlier.items() if key == edit.key(root)), None)
    if reach is None or edit.kind == "addition":
        return False
    text = _text(old.tree, root.file, root.name)
    for other in old.reaches:  # earlier edits of the same definition, in whose result this one is written
        for target in other.targets:
            if (target.file, target.span.name) == (root.file, root.name):
                new, _ = transform(target, text)
                if other is reach:
                    was, now = _lines(text), _lines(new)
                    here = _lines(_text(tree, root.file, root.name))
                    return now - was <= here and not (was - now) & here and now != was
                text = new
    return False


def _lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip()}


def _text(tree: Tree, file: str, name: str) -> str:
    return next(span.text(tree.lines(file)) for span in tree.spans(file) if span.name == name)
