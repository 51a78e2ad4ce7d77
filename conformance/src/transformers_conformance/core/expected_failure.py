"""Expected failures: cases in which a model is known to break a property, and why."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields

from packaging.specifiers import SpecifierSet

from .case import Case


KINDS = ("by-design", "upstream-bug", "unsupported")
_STATUSES = ("fail", "crash", "refused")


@dataclass(frozen=True, kw_only=True, eq=False)
class ExpectedFailure:
    """Cases in which models are known to break properties. It is stale where no case of a model does.

    Args:
        reason: what is wrong, and where.
        properties: the names of the properties.
        kind: "by-design" (the model is meant so), "upstream-bug" (upstream is wrong; another build may repair it), or
            "unsupported" (the model does not offer what is asked); "" where nobody says.
        link: where it is discussed, or the place in the model's code that shows the design.
        models: the `model_type` of each model; None stands for the model at hand.
        releases: versions of Transformers, as PEP 440 writes them; "" for all.
        builds: what was judged, as its caller names it ("pristine", "fork"); None for all.
        statuses: how the property breaks, each "fail", "crash" or "refused", as `Result.status` has it; None for any.
        filters: which cases, by the topic's own filters: a case must fit one of the values of each.
        place: its number among the places of its bug, if it was read from a file.

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
        """Whether it comes from a file and names no model: then no single model makes it stale."""
        return self.place is not None and self.models is None

    def concerns(self, model: str, release: str, build: str) -> bool:
        """Whether it says something of a model, in a release and a build of it."""
        return (
            (self.models is None or model in self.models)
            and SpecifierSet(self.releases, prereleases=True).contains(release)
            and (self.builds is None or build in self.builds)
        )

    def covers(self, property_name: str, case: Case, status: str) -> bool:
        """Whether a case of a property may break in this way."""
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
