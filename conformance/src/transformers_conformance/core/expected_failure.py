"""Expected failures: cases in which a model is known to break a property, and why."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields

from packaging.specifiers import SpecifierSet

from .case import Case


KINDS = ("by-design", "upstream-bug", "unsupported")
_STATUSES = ("fail", "crash", "refused")


@dataclass(frozen=True, kw_only=True, eq=False)
class ExpectedFailure:
    """Cases in which models are known to break properties.

    An expected failure is stale if no case of a model that it names fails in this way.

    Args:
        reason: what is wrong, and in which code.
        properties: the names of the properties.
        kind: "by-design" (the authors of the model want it so), "upstream-bug" (upstream is wrong; another build may
            repair it), or "unsupported" (the model lacks the feature); "" if not stated.
        link: a discussion of the failure, or the place in the model's code that shows the design.
        models: the `model_type` of each model; None stands for the model at hand.
        releases: versions of Transformers, as PEP 440 writes them; "" for all.
        builds: the names of builds ("pristine", "fork"), as the caller names them; None for all.
        statuses: the kinds of failure: "fail", "crash" or "refused", as in `Result.status`; None for any.
        filters: values by filter of the topic: a case must fit one of the values of each filter.
        place: the number of this place among the places of its bug, if it was read from a file.

    Raises:
        ValueError: a kind or a status is unknown, or a specifier of releases cannot be read.
    """

    reason: str
    properties: Collection[str]
    kind: str = ""
    link: str = ""
    models: Collection[str] | None = None
    releases: str = ""
    builds: Collection[str] | None = None
    statuses: Collection[str] | None = None
    filters: Mapping[str, Collection[str]] = field(default_factory=dict)
    place: int | None = None

    def __post_init__(self):
        SpecifierSet(self.releases)
        require_known("kind", KINDS, [self.kind] if self.kind else [])
        require_known("statuses", _STATUSES, self.statuses or ())

    @classmethod
    def keys(cls) -> set[str]:
        return {field.name for field in fields(cls)}

    @property
    def for_all_models(self) -> bool:
        """Whether it was read from a file and names no model. Then the results of one model cannot make it stale."""
        return self.place is not None and self.models is None

    def concerns(self, model: str, release: str, build: str) -> bool:
        """Whether it applies to a model, in this release and build."""
        return (
            (self.models is None or model in self.models)
            and SpecifierSet(self.releases, prereleases=True).contains(release)
            and (self.builds is None or build in self.builds)
        )

    def covers(self, property_name: str, case: Case, status: str) -> bool:
        """Whether it expects this failure of a property in a case."""
        return (
            property_name in self.properties
            and (self.statuses is None or status in self.statuses)
            and all(not set(case.filters.get(name, ())).isdisjoint(values) for name, values in self.filters.items())
        )


def require_known(key: str, known: Collection[str], stated: Collection[str]) -> None:
    """Raises `ValueError` for a value that is unknown."""
    unknown = set(stated) - set(known)
    if unknown:
        raise ValueError(f"{key} may be {', '.join(known)}, got {', '.join(sorted(unknown))}")
