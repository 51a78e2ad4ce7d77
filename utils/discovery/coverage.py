"""Explains each RoPE definition of a release: by the edits that reach it, or by an exemption."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from overlay import lockfile
from overlay.engine import PackageFiles, Tree
from overlay.errors import OverlayError
from overlay.index import Index
from overlay.layout import Layout
from overlay.upstream import PACKAGE, ensure_pristine, find_pin

from . import lock
from .exempt import Exemption, load_exemptions
from .rules.rope import ROPE
from .scan import FoundDefinition, find
from .variants import group


@dataclass(frozen=True)
class Explanation:
    """Why the copies of one variant are right: edits reach them, or an exemption covers them. If neither is so, they
    are unexplained."""

    root: FoundDefinition
    copies: tuple[FoundDefinition, ...]
    edits: tuple[str, ...] = ()
    exemption: Exemption | None = None

    @property
    def status(self) -> str:
        return "edit" if self.edits else "exempt" if self.exemption else "unexplained"


def explain_release(layout: Layout, release: str) -> list[Explanation]:
    """The explanation of every RoPE definition of a release.

    Raises:
        OverlayError: the pristine tree, a lock or `src/exempt.yml` has an error.
    """
    explanations = explain_unlocked(layout, release)
    lock.check(layout, release, covered(explanations))
    return explanations


def explain_unlocked(layout: Layout, release: str) -> list[Explanation]:
    """As `explain_release`, whatever the lock of the exemptions says."""
    ensure_pristine(layout, find_pin(layout, release))
    tree = pristine_tree(layout, release)
    explanations = explain(
        find(tree, ROPE), tree, lockfile.read(layout, release), load_exemptions(layout.exempt), release
    )
    tree.index.save()
    return explanations


def covered(explanations: list[Explanation]) -> lock.Covered:
    """The definitions that each exemption covers, by its label and by file."""
    found: lock.Covered = {}
    for explanation in explanations:
        if explanation.exemption:
            files = found.setdefault(explanation.exemption.label, {})
            for one in explanation.copies:
                files.setdefault(one.file, []).append(one.name)
    return found


def pristine_tree(layout: Layout, release: str) -> Tree:
    """Upstream's files. They have an index of their own, because a search keeps other data than a build."""
    package = layout.upstream(release) / PACKAGE
    names = (path.relative_to(package).as_posix() for path in sorted(package.rglob("*.py")))
    return Tree(PackageFiles(package, names), Index(layout.discovery(release)), find_pin(layout, release).digest)


def explain(
    found: list[FoundDefinition], tree: Tree, edits: Mapping[str, dict], exemptions: list[Exemption], release: str
) -> list[Explanation]:
    """Explains the definitions in `found` by the edits of a lock and by the exemptions.

    Raises:
        OverlayError: an exemption names something that is no RoPE definition, is not the only one of it, or covers a
            definition that an edit reaches.
    """
    explanations, stale = explain_all(found, tree, edits, exemptions, release)
    if stale:
        raise stale[0]
    return explanations


def explain_all(
    found: list[FoundDefinition], tree: Tree, edits: Mapping[str, dict], exemptions: list[Exemption], release: str
) -> tuple[list[Explanation], list[OverlayError]]:
    """As `explain`, but goes on after an exemption that does not fit; returns the errors of all of them, too."""
    stale: list[OverlayError] = []
    exempt: dict[tuple[str, str], Exemption] = {}
    for one in exemptions:
        for place in one.places if one.releases.contains(release) else ():
            if exempt.setdefault(place, one) is not one:
                stale.append(_stale("is exempt twice", "::".join(place), release))
    for place in sorted(exempt.keys() - {one.place for one in found}):
        stale.append(_stale("is no RoPE definition of this release", "::".join(place), release))
        del exempt[place]
    reaching = _edits_by_definition(edits)
    roots = [tuple(key.split("::")[:2]) for key in edits]
    explanations = []
    for variant in group(found, tree, [*roots, *exempt]):
        exemption = next((exempt[one.place] for one in variant.copies if one.place in exempt), None)
        by_edits = defaultdict(list)
        for one in variant.copies:
            names = reaching[one.file, one.name]
            if not exemption:  # an edit of the class explains a method, but not one that has an exemption of its own
                names = names or reaching[one.file, one.name.partition(".")[0]]
            by_edits[tuple(names)].append(one)
        if exemption:
            if set(by_edits) != {exemption.also_edited_by}:
                names = "; ".join(edit for keys in by_edits for edit in keys) or "none"
                also = f", also edited by {'; '.join(exemption.also_edited_by)}" if exemption.also_edited_by else ""
                problem = f"is exempt{also}, and the edits that reach it or a copy are: {names}"
                stale.append(_stale(problem, variant.root.label, release))
            by_edits = {(): list(variant.copies)}
        for keys, copies in by_edits.items():
            root = variant.root if variant.root in copies else copies[0]
            explanations.append(Explanation(root, tuple(copies), keys, exemption))
    return explanations, stale


def _edits_by_definition(locked: Mapping[str, dict]) -> defaultdict[tuple[str, str], list[str]]:
    """The descriptions of the edits that reach a definition, by its file and name."""
    edits = defaultdict(list)
    for key, entry in locked.items():
        for file, names in entry["reaches"].items():
            for name in names:
                edits[file, name].append(key.split("::", 2)[2])
    return edits


def _stale(problem: str, definition: str, release: str) -> OverlayError:
    return OverlayError(
        problem,
        way_out="see what came or went with `make discovery`; then correct the entry, or drop it",
        file="src/exempt.yml",
        definition=definition,
        release=release,
    )


def check(explanations: list[Explanation], release: str) -> None:
    """Stop if a definition is unexplained.

    Raises:
        OverlayError: it names every unexplained definition.
    """
    unexplained = [explanation for explanation in explanations if explanation.status == "unexplained"]
    if unexplained:
        copies = sum(len(explanation.copies) for explanation in unexplained)
        listed = "".join(f"\n  - {explanation.root.label}" for explanation in unexplained)
        raise OverlayError(
            f"{copies} RoPE definitions in {len(unexplained)} variants that are neither reached nor exempt:{listed}",
            way_out="write an edit at each root, or an entry with a test that confirms it in src/exempt.yml",
            release=release,
        )
