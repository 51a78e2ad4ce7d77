"""RoPE code of a release that neither edits nor exemptions explain, and models that the lists lack."""

from collections.abc import Mapping
from dataclasses import dataclass

from changed_models import changed_by
from environment import LINES
from registry import listed_models

from discovery.coverage import Explanation, explain_all
from discovery.exempt import load_exemptions
from discovery.rules.rope import ROPE
from discovery.scan import find
from overlay.errors import OverlayError
from overlay.layout import Layout
from overlay.survey import Survey


@dataclass(frozen=True)
class CoverageFindings:
    """What explains the RoPE code of a release.

    Attributes:
        explanations: of each RoPE definition.
        stale: exemptions that do not fit the release.
        new_models: folders of models that have RoPE and that the nearest release lacks.
        unlisted: folders of models that the edits change and that the list of the line lacks.
        unchanged: models of the list that the release has and that no edit changes.
    """

    explanations: list[Explanation]
    stale: list[OverlayError]
    new_models: list[str]
    unlisted: list[str]
    unchanged: list[str]

    @property
    def uncovered(self) -> list[Explanation]:
        return [one for one in self.explanations if one.status == "unexplained"]


def coverage_findings(
    layout: Layout, release: str, line: str, new: Survey, old: Survey, lock: Mapping[str, dict]
) -> CoverageFindings:
    """What explains the RoPE code of a release.

    Args:
        line: the line that the release is of.
        new, old: the surveys of the release and of the nearest one with a lock.
        lock: what edits reach in the release.
    """
    found = find(new.tree, ROPE)
    explanations, stale = explain_all(found, new.tree, lock, load_exemptions(layout.exempt), release)
    with_rope = changed_by({one.file for one in found} | new.edited.files.keys())
    changed, listed = changed_by(new.edited.files), set(listed_models(layout.root, LINES[line].release))
    return CoverageFindings(
        explanations=explanations,
        stale=stale,
        new_models=sorted(with_rope - changed_by(old.tree.files)),
        unlisted=sorted(changed - listed),
        unchanged=sorted((listed & changed_by(new.tree.files)) - changed),
    )
