"""What every edit finds in a release. A build stops at the first root that is gone; a survey goes on and names all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .build import pristine_tree, read_overlay
from .edits import Edit, Root
from .engine import EditedFiles, Reach, Tree, apply, find_reach
from .errors import OverlayError
from .index import Index
from .layout import Layout
from .upstream import Pin


@dataclass(frozen=True)
class LostRoot:
    """A root to which an edit does not apply, and why."""

    edit: Edit
    root: Root
    problem: str

    @property
    def key(self) -> str:
        return self.edit.key(self.root)


@dataclass(frozen=True)
class Survey:
    """What the edits find in a release.

    Attributes:
        reaches: the roots to which their edits apply.
        idle: the roots that the release has, and whose edits do not apply to them.
        lost: the roots that the release does not have, or that are copies of another root of the edit.
        edited: the files as the edits make them, and how often each applied.
    """

    tree: Tree
    reaches: list[Reach]
    idle: list[Reach]
    lost: list[LostRoot]
    edited: EditedFiles

    @property
    def problems(self) -> Mapping[str, str]:
        """Why an edit does not apply, by its key in the lock."""
        return {one.key: one.problem for one in self.lost} | {one.key: "does not take hold" for one in self.idle}


def survey(layout: Layout, pin: Pin, index: Index, *adopted: str) -> Survey:
    """Look for every root of a release, and apply the edits to those that it has, in order.

    Args:
        adopted: releases that are not pinned, and that edits may be for all the same.
    """
    return survey_of(read_overlay(layout, pin, *adopted).edits, pristine_tree(layout, pin, index), pin.release)


def survey_of(edits: Iterable[Edit], tree: Tree, release: str) -> Survey:
    """The same for some edits, and for any tree.

    Args:
        release: decides by their ranges which edits and roots count.
    """
    found: list[Reach] = []
    lost: list[LostRoot] = []
    for edit in edits:
        reached: dict[tuple, Root] = {}
        for root in edit.roots:
            if not root.releases.contains(release):
                continue
            try:
                reach = find_reach(edit, root, tree, release)
            except OverlayError as error:
                lost.append(LostRoot(edit, root, error.problem))
                continue
            places = {(target.file, target.span) for target in reach.targets}
            if first := next((reached[place] for place in places if place in reached), None):
                lost.append(LostRoot(edit, root, f"is a copy of {first}, another root of the edit"))
                continue
            reached |= dict.fromkeys(places, root)
            found.append(reach)
    edited = apply(found, tree)
    return Survey(
        tree=tree,
        reaches=[reach for reach in found if edited.counts[reach.root]],
        idle=[reach for reach in found if not edited.counts[reach.root]],
        lost=lost,
        edited=edited,
    )
