"""`src/exempt.yml`: the RoPE definitions that no edit needs to reach, and why.

An entry is made of

    file: models/llama/modeling_llama.py      where upstream defines the root, under `transformers/`
    definition: rotate_half                   its dotted name, or a list of names in that file; copies follow
    covers: {5.23.0: 171}                     how many definitions that are, in each release, exactly
    reason: why nothing is wrong with it
    confirmed_by: test_...                    the test that is run on it, of tests/utils/test_exempt.py or,
                                              for TensorFlow's and Flax's, of tests/frameworks/test_exempt.py
    also_edited_by: [...]                     optional: the edits that reach it all the same, by their descriptions,
                                              which leave its rotation as it is
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from overlay.errors import OverlayError


FIELDS = {"file", "definition", "covers", "reason", "confirmed_by"}
OPTIONAL = {"also_edited_by"}


@dataclass(frozen=True)
class Exemption:
    file: str
    names: tuple[str, ...]
    covers: dict[str, int]
    reason: str
    confirmed_by: str
    also_edited_by: tuple[str, ...] = ()

    @property
    def places(self) -> list[tuple[str, str]]:
        return [(self.file, name) for name in self.names]

    @property
    def label(self) -> str:
        return f"{self.file}::{', '.join(self.names)}"


def load_exemptions(path: Path) -> list[Exemption]:
    """Read the entries.

    Raises:
        OverlayError: the file cannot be read; an entry lacks a field, has an unknown one, or repeats another's place
            in the same release.
    """
    try:
        entries = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise OverlayError(f"cannot be read: {error}", way_out="mend the file", file=path) from error
    if not isinstance(entries, list):
        raise OverlayError("is not a list of entries", way_out="mend the file", file=path)
    exemptions = [_exemption(entry, path) for entry in entries]
    places = Counter((*place, release) for one in exemptions for release in one.covers for place in one.places)
    for (file, name, release), entries in places.items():
        if entries > 1:
            raise OverlayError(
                "is exempt twice", way_out="keep one entry", file=path, definition=f"{file}::{name}", release=release
            )
    return exemptions


def _exemption(entry: object, path: Path) -> Exemption:
    if not isinstance(entry, dict) or set(entry) - OPTIONAL != FIELDS:
        fields = set(entry) if isinstance(entry, dict) else set()
        raise OverlayError(
            f"an entry has exactly the fields {sorted(FIELDS)}: lacks {sorted(FIELDS - fields)}, "
            f"unknown {sorted(fields - FIELDS - OPTIONAL)}",
            way_out="complete the entry",
            file=path,
            entry=entry,
        )
    names = entry["definition"] if isinstance(entry["definition"], list) else [entry["definition"]]
    covers = {str(release): count for release, count in entry["covers"].items()}
    return Exemption(
        file=entry["file"],
        names=tuple(names),
        covers=covers,
        reason=re.sub(r"\s+", " ", entry["reason"]).strip(),
        confirmed_by=entry["confirmed_by"],
        also_edited_by=tuple(entry.get("also_edited_by", ())),
    )
