"""Places in tests/models/exceptions.toml that name no model, and hold for every one, where none breaks any more.

A model alone cannot tell that such a place is stale; all models together do.

    python stale_places.py RELEASE BUILD RESULTS...

Exit status 1 if there are any. It needs `packaging`, which the environment of the tests has.
"""

import json
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from inputs import read_exceptions
from packaging.specifiers import SpecifierSet


def stale_places(
    exceptions: list[dict[str, Any]], met: Collection[tuple[str, int]], release: str, build: str
) -> Iterator[str]:
    """What to call each.

    Args:
        met: where models broke, each as the reason of an exception and the number of its place.
        release, build: what was judged; places that say nothing of it are not stale.
    """
    for exception in exceptions:
        for number, place in enumerate(exception["where"], 1):
            judged = SpecifierSet(place.get("releases", ""), prereleases=True).contains(release)
            judged = judged and build in place.get("builds", [build])
            if "models" not in place and judged and (exception["reason"], number) not in met:
                yield f"{exception['bug']}, place {number} ({', '.join(place['properties'])})"


def places_met(files: Collection[Path]) -> set[tuple[str, int]]:
    """The places that results name, each as the reason of its exception and its number."""
    lines = (json.loads(line) for file in files for line in file.read_text().splitlines())
    return {(line["known"], line["place"]) for line in lines if line["place"] is not None}


if __name__ == "__main__":
    release, build, *files = sys.argv[1:]
    found = list(stale_places(read_exceptions(), places_met([Path(file) for file in files]), release, build))
    print("\n".join(found))
    sys.exit(bool(found))
