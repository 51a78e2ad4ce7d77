"""The releases of Transformers that a config is read for, without importing Transformers."""

from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any, Literal

from packaging.version import InvalidVersion, Version


# How a release reads RoPE keys. "4.x" knows flat keys and `rope_scaling`, "5.x" also `rope_parameters`. The fork reads
# all of them, and gives older configs the meaning of the release that wrote them.
Reader = Literal["4.x", "5.x", "fork"]


@dataclass(frozen=True)
class Release:
    """A release, and how it reads configs."""

    version: str
    reader: Reader

    def __str__(self) -> str:
        return self.version if self.reader != "fork" else f"the fork {self.version}"


def release_of(version: Any) -> Release | None:
    """The release with a version; None if this is no version."""
    try:
        parsed = Version(str(version))
    except InvalidVersion:
        return None
    if parsed.local and parsed.local.startswith("rope"):
        return Release(str(version), "fork")
    return Release(str(version), "4.x" if parsed.major < 5 else "5.x")


@cache
def installed_release() -> Release | None:
    """The release in this environment, which may be the fork; None if there is none."""
    try:
        return release_of(metadata.version("transformers"))
    except metadata.PackageNotFoundError:
        return None
