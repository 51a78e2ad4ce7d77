"""Which edit reaches each RoPE definition of a release, or why none needs to."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from overlay import lockfile
from overlay.engine import PackageFiles, Tree
from overlay.errors import OverlayError
from overlay.index import Index
from overlay.layout import Layout
from overlay.upstream import PACKAGE, ensure_pristine, find_release

from .exempt import Exemption, load_exemptions
from .scan import Definition, find_rope, group


@dataclass(frozen=True)
class Verdict:
    """What is said of the copies of one variant that share a fate: the edits that reach them, or the exemption that
    covers them; neither where they are unexplained."""

    root: Definition
    copies: tuple[Definition, ...]
    edits: tuple[str, ...] = ()
    exemption: Exemption | None = None

    @property
    def status(self) -> str:
        return "edit" if self.edits else "exempt" if self.exemption else "unexplained"


def judge_release(layout: Layout, version: str) -> list[Verdict]:
    """The verdict on every RoPE definition of a release.

    Raises:
        OverlayError: the pristine tree, the lock or `src/exempt.yml` is not what it should be.
    """
    release = find_release(layout, version)
    ensure_pristine(layout, release)
    tree = pristine_tree(layout, version)
    verdicts = judge(find_rope(tree), tree, lockfile.read(layout, version), load_exemptions(layout.exempt), version)
    tree.index.save()
    return verdicts


def pristine_tree(layout: Layout, version: str) -> Tree:
    """Upstream's files, with an index of their own: what a build keeps and what a search keeps differ."""
    package = layout.upstream(version) / PACKAGE
    names = (path.relative_to(package).as_posix() for path in sorted(package.rglob("*.py")))
    return Tree(PackageFiles(package, names), Index(layout.discovery(version)), find_release(layout, version).digest)


def judge(
    found: list[Definition], tree: Tree, lock: Mapping[str, dict], exemptions: list[Exemption], version: str
) -> list[Verdict]:
    """The verdicts on what was `found`, by the edits of the lock and by the exemptions.

    Raises:
        OverlayError: an exemption names what is no RoPE definition, covers more or fewer than it says, or covers what
            an edit reaches.
    """
    exemptions = [one for one in exemptions if version in one.covers]
    exempt = {place: one for one in exemptions for place in one.places}
    if unknown := exempt.keys() - {one.place for one in found}:
        raise _stale("is no RoPE definition of this release", "::".join(min(unknown)), version)
    reaching = _edits_by_definition(lock)
    roots = [tuple(key.split("::")[:2]) for key in lock]
    verdicts = []
    for variant in group(found, tree, [*roots, *exempt]):
        exemption = next((exempt[one.place] for one in variant.copies if one.place in exempt), None)
        fates = defaultdict(list)
        for one in variant.copies:
            edits = reaching[one.file, one.name]
            if not exemption:  # what is exempt is so for itself, whatever an edit does elsewhere in its class
                edits = edits or reaching[one.file, one.name.partition(".")[0]]
            fates[tuple(edits)].append(one)
        if exemption:
            if set(fates) != {exemption.beside}:
                edits = "; ".join(edit for keys in fates for edit in keys) or "none"
                beside = f", beside {'; '.join(exemption.beside)}" if exemption.beside else ""
                raise _stale(
                    f"is exempt{beside}, and the edits that reach it or a copy are: {edits}",
                    variant.root.label,
                    version,
                )
            fates = {(): list(variant.copies)}
        for keys, copies in fates.items():
            root = variant.root if variant.root in copies else copies[0]
            verdicts.append(Verdict(root, tuple(copies), keys, exemption))
    _check_counts(exemptions, verdicts, version)
    return verdicts


def _edits_by_definition(lock: Mapping[str, dict]) -> defaultdict[tuple[str, str], list[str]]:
    """The descriptions of the edits that reach a definition, by its file and name."""
    edits = defaultdict(list)
    for key, entry in lock.items():
        for file, names in entry["reaches"].items():
            for name in names:
                edits[file, name].append(key.split("::", 2)[2])
    return edits


def _check_counts(exemptions: list[Exemption], verdicts: list[Verdict], version: str) -> None:
    for exemption in exemptions:
        count = sum(len(verdict.copies) for verdict in verdicts if verdict.exemption is exemption)
        if count != exemption.covers[version]:
            raise _stale(
                f"covers {count} definitions, its entry says {exemption.covers[version]}", exemption.label, version
            )


def _stale(problem: str, definition: str, version: str) -> OverlayError:
    return OverlayError(
        problem,
        way_out="see what came or went with `make discovery`; then correct the entry, or drop it",
        file="src/exempt.yml",
        definition=definition,
        release=version,
    )


def check(verdicts: list[Verdict], version: str) -> None:
    """Stop where anything is unexplained.

    Raises:
        OverlayError: it names every such definition by its file.
    """
    unexplained = [verdict for verdict in verdicts if verdict.status == "unexplained"]
    if unexplained:
        copies = sum(len(verdict.copies) for verdict in unexplained)
        listed = "".join(f"\n  - {verdict.root.label}" for verdict in unexplained)
        raise OverlayError(
            f"{copies} RoPE definitions in {len(unexplained)} variants that are neither reached nor exempt:{listed}",
            way_out="write an edit beside each root, or an entry with a test that confirms it in src/exempt.yml",
            release=version,
        )
