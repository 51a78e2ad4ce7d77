"""Series of edits: each is a pull request, which stands on upstream and on the series that it needs."""

import re
from collections.abc import Iterable, Mapping, Sequence

from .edits import Edit, SeriesEntry, definition_of
from .errors import OverlayError


def needed_by(name: str, series: Iterable[SeriesEntry]) -> set[str]:
    """The series that one needs, directly or through others."""
    direct = {one.name: one.needs for one in series}
    found: set[str] = set()
    waiting = list(direct[name])
    while waiting:
        if (one := waiting.pop()) not in found:
            found.add(one)
            waiting += direct[one]
    return found


def check_needs(series: Sequence[SeriesEntry], edits: Sequence[Edit]) -> None:
    """A series needs only series before it, and calls no definition that another series adds, unless it needs that.

    Raises:
        OverlayError: names the series, and the edit that calls the definition.
    """
    order = [one.name for one in series]
    for number, one in enumerate(series):
        if late := [name for name in one.needs if name not in order[:number]]:
            raise OverlayError(
                f"the series {one.name!r} needs {', '.join(map(repr, late))}, which do not stand before it",
                way_out="correct `needs`, or the order of the series",
                file="src/series.yml",
            )
    added = _series_of_additions(edits)
    reach = {one.name: {one.name, *needed_by(one.name, series)} for one in series}
    for edit in edits:
        for name in set(re.findall(r"\w+", definition_of(edit))) & added.keys():
            if not added[name] & reach[edit.series]:
                raise OverlayError(
                    f"calls {name}, which the series {' and '.join(sorted(added[name]))} adds",
                    way_out=f"name that series in `needs` of {edit.series} in src/series.yml, or move the edit",
                    file=edit.declared_in,
                    edit=edit.label,
                )


def _series_of_additions(edits: Iterable[Edit]) -> Mapping[str, set[str]]:
    added: dict[str, set[str]] = {}
    for edit in edits:
        if edit.kind == "addition":
            added.setdefault(edit.roots[0].name.rpartition(".")[2], set()).add(edit.series)
    return added
