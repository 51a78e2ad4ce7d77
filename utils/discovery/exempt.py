"""Reads `src/exempt.yml`: the RoPE definitions that need no edit, and why.

The fields of an entry:

    file: models/llama/modeling_llama.py      where upstream defines the root, under `transformers/`
    definition: rotate_half                   its dotted name, or a list of names in that file; copies follow
    releases: ">=5"                           optional: the range of releases that have it (PEP 440); else all
    reason: why nothing is wrong with it
    confirmed_by: test_...                    the test that runs on it, in tests/utils/test_exempt.py or,
                                              for TensorFlow and Flax, in tests/frameworks/test_exempt.py
    also_edited_by: [...]                     optional: the descriptions of the edits that reach it nevertheless,
                                              and do not change its rotation

Which copies an entry covers in a release is in the lock of the release (`lock.py`).
"""

import re
from pathlib import Path

from pydantic import Field, field_validator

from overlay.entries import ALL_RELEASES, Entry, Releases, read_entries


class Exemption(Entry):
    file: str
    names: tuple[str, ...] = Field(alias="definition")
    releases: Releases = ALL_RELEASES
    reason: str
    confirmed_by: str
    also_edited_by: tuple[str, ...] = ()

    @field_validator("names", mode="before")
    @classmethod
    def _as_list(cls, names: object) -> object:
        return [names] if isinstance(names, str) else names

    @field_validator("reason")
    @classmethod
    def _on_one_line(cls, reason: str) -> str:
        return re.sub(r"\s+", " ", reason).strip()

    @property
    def places(self) -> list[tuple[str, str]]:
        return [(self.file, name) for name in self.names]

    @property
    def label(self) -> str:
        return f"{self.file}::{', '.join(self.names)}"


def load_exemptions(path: Path) -> list[Exemption]:
    """Read the entries.

    Raises:
        OverlayError: the file cannot be read, or an entry lacks a field or has an unknown one.
    """
    return read_entries(path, lambda entry: Exemption)
