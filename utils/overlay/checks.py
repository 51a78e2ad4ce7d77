"""The checks that every build must pass before it replaces the old fork."""

from collections import ChainMap, Counter, defaultdict
from pathlib import Path

from .engine import EditedFiles, EditTarget, Reach, Tree, transform
from .errors import OverlayError
from .upstream import PACKAGE, read_manifest


def check_counts(reaches: list[Reach], edited: EditedFiles, release: str) -> None:
    """Every edit applies, at each of its roots. How often it does is in the lock."""
    idle = [reach for reach in reaches if not edited.counts[reach.root]]
    if idle:
        raise OverlayError(
            "edits do not apply to a definition that they are for:" + "".join(f"\n  - {one.label}" for one in idle),
            way_out="see what upstream changed; correct the edit or its `releases`, or remove it if upstream has it",
            file=", ".join(sorted({reach.edit.declared_in for reach in idle})),
            release=release,
        )


def check_result(reaches: list[Reach], edited: EditedFiles, before: Tree, release: str) -> None:
    """Nothing changed that no edit declares, and the edits change nothing of their own result."""
    after = Tree(ChainMap(edited.files, before.files), before.index, identity="built")
    check_declared(reaches, edited, before, after, release)
    check_stable(reaches, edited, after, release)


def check_declared(reaches: list[Reach], edited: EditedFiles, before: Tree, after: Tree, release: str) -> None:
    """Outside the definitions that edits declare, and imports, a changed file has every line of upstream's."""
    declared: dict[str, list[EditTarget]] = defaultdict(list)
    for reach in reaches:
        for target in reach.targets:
            declared[target.file].append(target)
    for file in edited.files:
        names = {target.span.name for target in declared[file]}
        imports = any(target.edit.source for target in declared[file])
        old, new = (_without(tree, file, names, imports) for tree in (before, after))
        if old != new:
            gone, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
            raise OverlayError(
                f"lines changed that no edit declares: {[*gone, *come][:3]}",
                way_out="this is an error of the overlay engine: report it with the edits of that file",
                file=file,
                release=release,
            )


def _without(tree: Tree, file: str, names: set[str], imports: bool) -> list[str]:
    lines = tree.files[file].splitlines()
    hidden = set()
    for span in tree.spans(file):
        if span.name in names:
            hidden.update(range(span.start, span.end))
    kept = [line for number, line in enumerate(lines) if number not in hidden and line.strip()]
    if imports:  # a merged import may wrap the lines of a statement, so the imports are left out
        first = next((number for number, line in enumerate(kept) if line.startswith(("class ", "def ", "@"))), 0)
        kept = kept[first:]
    return kept


def check_stable(reaches: list[Reach], edited: EditedFiles, after: Tree, release: str) -> None:
    """The overlay applied to its own result changes nothing."""
    for reach in reaches:
        for target in reach.targets:
            if target.file not in edited.files:
                continue
            lines = after.lines(target.file)
            for span in after.spans(target.file):
                if span.name == target.span.name and transform(target, span.text(lines))[0] != span.text(lines):
                    raise OverlayError(
                        "applied to its own result, the edit changes it again",
                        way_out="make the rule's pattern miss what its fix writes (ast-grep's `not`, `constraints`)",
                        file=target.file,
                        definition=span.name,
                        edit=reach.label,
                        release=release,
                    )


def check_untouched(tree: Path, manifest: dict[str, str], changed: dict[str, str], release: str) -> None:
    """On disk, every file that no edit reaches equals upstream's, and no file is new or missing."""
    built = read_manifest(tree / PACKAGE, tree)
    wrong = {
        name
        for name in {*manifest, *built}
        if name.startswith(PACKAGE + "/")
        and name.removeprefix(PACKAGE + "/") not in changed
        and built.get(name) != manifest.get(name)
    }
    if wrong:
        raise OverlayError(
            "files changed that no edit reaches",
            way_out="build again; if it persists, the disk or another process wrote into the build folder",
            file=", ".join(sorted(wrong)[:3]),
            release=release,
        )
