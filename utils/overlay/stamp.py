"""What a built tree says of itself, in a file beside its package."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import OverlayError
from .layout import Layout
from .upstream import PACKAGE


STAMP = "stamp.json"


@dataclass(frozen=True)
class Stamp:
    """Of one tree: a digest of what it was made from, the files that it changes, as paths under `transformers/`, and
    the patch set: a digest of what stands in them."""

    inputs: str
    files: list[str]
    patch_set: str

    def write(self, tree: Path) -> None:
        (tree / STAMP).write_text(json.dumps(asdict(self), indent=1))


def patch_set_of(changed: Mapping[str, str]) -> str:
    """What tells one patch set from another in a version: ten hexadecimal digits, behind a letter, since a part of a
    version that is all digits is read as a number."""
    digest = hashlib.sha256("".join(f"{file}\0{changed[file]}\0" for file in sorted(changed)).encode())
    return f"p{digest.hexdigest()[:10]}"


def read(layout: Layout, release: str) -> Stamp | None:
    """The stamp of the tree in place, or None where there is none."""
    try:
        return Stamp(**json.loads(((layout.source(release) / PACKAGE).resolve().parent / STAMP).read_text()))
    except (OSError, ValueError, TypeError):  # TypeError: another engine's, with other fields
        return None


def read_built(layout: Layout, release: str) -> Stamp:
    """The stamp of the tree in place.

    Raises:
        OverlayError: the fork is not built.
    """
    stamp = read(layout, release)
    if stamp is None:
        raise OverlayError("the fork is not built", way_out="run `make fork`", release=release)
    return stamp
