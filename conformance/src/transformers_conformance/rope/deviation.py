"""Known deviations: where a model is expected to break a property, and why."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields

from packaging.specifiers import SpecifierSet

from .case import Case


# Kinds of rotary widths that a deviation can name.
_WIDTHS: dict[str, Callable[[int, int], bool]] = {
    "odd": lambda n, head_dim: n % 2 == 1,
    "partial": lambda n, head_dim: n < head_dim,
    "full": lambda n, head_dim: n == head_dim,
    "none": lambda n, head_dim: n == 0,
    "odd-half": lambda n, head_dim: n // 2 % 2 == 1,
}
_STATUSES = ("fail", "crash", "refused")
KINDS = ("by-design", "upstream-bug", "unsupported")


@dataclass(frozen=True, kw_only=True, eq=False)
class Deviation:
    """Cases in which models are known to break properties; where none of a model's does, it is stale.

    Args:
        reason: what is wrong, and where.
        properties: the names of the properties.
        kind: "by-design" (the model means it so), "upstream-bug" (it is wrong, and upstream's to repair, or repaired
            in other builds), or "unsupported" (what is asked is no part of what the model does); "" where nobody says.
        link: where it is discussed, or the place in the model's code that shows it to be meant.
        models: the `model_type` of each model; None stands for the model at hand.
        releases: versions of Transformers, as PEP 440 writes them; "" for all.
        builds: what was judged, as its caller names it ("pristine", "fork"); None for all.
        rotary_ndims: kinds of widths, each "odd", "partial" (below `head_dim`), "full", "none" (0) or "odd-half" (half
            of it, which one of two axes has, is odd), one of which a case must be; None for all.
        rope_types: the rope types, as `Case.rope_type` writes them; None for all.
        values: what the config's key is set to, as `repr` writes it; None for all.
        statuses: how the property breaks, each "fail", "crash" or "refused", as `Result.status` has it; None for any.
        place: its number among the places of its bug, if it was read from a file.

    Raises:
        ValueError: a kind, a kind of width or a status is unknown, or a specifier of releases cannot be read.
    """

    reason: str
    properties: Collection[str]
    kind: str = ""
    link: str = ""
    models: Collection[str] | None = None
    releases: str = ""
    builds: Collection[str] | None = None
    rotary_ndims: Collection[str] | None = None
    rope_types: Collection[str] | None = None
    values: Collection[str] | None = None
    statuses: Collection[str] | None = None
    place: int | None = None

    def __post_init__(self):
        SpecifierSet(self.releases)
        kinds = [self.kind] if self.kind else []
        for key, known, stated in (
            ("kind", KINDS, kinds),
            ("rotary_ndims", _WIDTHS, self.rotary_ndims),
            ("statuses", _STATUSES, self.statuses),
        ):
            unknown = set(stated or ()) - set(known)
            if unknown:
                raise ValueError(f"{key} may be {', '.join(known)}, got {', '.join(sorted(unknown))}")

    @classmethod
    def keys(cls) -> set[str]:
        return {field.name for field in fields(cls)}

    @property
    def for_all_models(self) -> bool:
        """Whether it is of a file, and names no model: that nothing of one model breaks does not make it stale."""
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
            and (self.rope_types is None or case.rope_type in self.rope_types)
            and (self.rotary_ndims is None or any(_WIDTHS[kind](case.n, case.head_dim) for kind in self.rotary_ndims))
            and (self.values is None or repr(case.value) in self.values)
            and (self.statuses is None or status in self.statuses)
        )
