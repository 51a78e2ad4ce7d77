"""The stamp of a built tree: a file next to its package that says what the tree was made from."""

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
    """A stamp.

    Attributes:
        inputs: a digest of all that the build depended on.
        files: the files that the fork changes, as paths under `transformers/`.
        patch_set: a digest of the content of these files.
    """

    inputs: str
    files: list[str]
    patch_set: str

    def write(self, tree: Path) -> None:
        (tree / STAMP).write_text(json.dumps(asdict(self), indent=1))


def patch_set_of(changed: Mapping[str, str]) -> str:
    """The part of a version that names the patch set: a letter and ten hexadecimal digits. Without the letter, a part
    of digits alone would be read as a number."""
    digest = hashlib.sha256("".join(f"{file}\0{changed[file]}\0" for file in sorted(changed)).encode())
    return f"p{digest.hexdigest()[:10]}"


def read(layout: Layout, release: str) -> Stamp | None:
    """The stamp of the tree in place; None if there is none."""
    try:
        return Stamp(**json.loads(((layout.source(release) / PACKAGE).resolve().parent / STAMP).read_text()))
    except (OSError, ValueError, TypeError):  # TypeError: a stamp of another version of this engine, with other fields
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
