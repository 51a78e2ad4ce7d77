"""The pinned upstream releases, and the pristine copy of one that a build starts from.

A release is an ordinary installed distribution, which pip installs as a build requirement. Nothing here downloads. Its
files are checked against the digest in `lines/<line>/upstream.toml` before anything is written.
"""

import hashlib
import importlib.metadata
import json
import os
import shutil
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from .errors import OverlayError
from .layout import Layout


PACKAGE = "transformers"
METADATA = ("METADATA", "entry_points.txt")


@dataclass(frozen=True)
class Pin:
    """An upstream release that the patch set knows: `layers` are the overlay folders that serve it, lowest first."""

    release: str
    digest: str
    layers: tuple[str, ...]


def known_releases(layout: Layout) -> dict[str, Pin]:
    return {
        release: Pin(release, pin["digest"], tuple(pin["layers"]))
        for folder in layout.lines
        for release, pin in tomllib.loads((folder / "upstream.toml").read_text())["releases"].items()
    }


def find_pin(layout: Layout, release: str) -> Pin:
    """The pin of a release.

    Raises:
        OverlayError: the release is not one that the patch set knows.
    """
    pins = known_releases(layout)
    if release not in pins:
        report = layout.adoption(release)
        raise OverlayError(
            f"upstream release {release!r} is not known",
            way_out=f"choose one of {', '.join(pins)}, or run `make adopt RELEASE={release}`: it says what is to do",
            file="upstream.toml",
            release=release,
            found="\n" + report.read_text().rstrip() if report.exists() else None,
        )
    return pins[release]


def nearest_release(layout: Layout, release: str) -> str:
    """The pinned release whose edits are most likely to apply to another release: of its major version, the newest
    that is not newer, else the oldest; the newest of all if none has its major version."""
    version, known = Version(release), sorted(map(Version, known_releases(layout)))
    same = [one for one in known if one.major == version.major] or known[-1:]
    return str(max((one for one in same if one <= version), default=same[0]))


def read_manifest(package: Path, metadata: Path) -> dict[str, str]:
    """The SHA-256 of every file that upstream ships, by path, without bytecode."""
    files = {
        path.relative_to(package.parent).as_posix(): path
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    files |= {name: metadata / name for name in METADATA if (metadata / name).exists()}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in sorted(files.items())}


def digest_of(manifest: dict[str, str]) -> str:
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in manifest.items()).encode()).hexdigest()


def ensure_pristine(layout: Layout, pin: Pin) -> dict[str, str]:
    """Make `build/upstream/<release>`, a copy of what upstream ships, unless it exists; returns its manifest.

    Raises:
        OverlayError: the release is not installed here, is a fork of ours, or has another digest than its pin.
    """
    home = layout.upstream(pin.release)
    if home.exists():
        manifest = read_manifest(home / PACKAGE, home)
        if digest_of(manifest) != pin.digest:
            raise OverlayError(
                "the pristine copy of upstream was changed" + first_difference(home, manifest),
                way_out=f"delete {home} and run `pip install -e .` again",
                release=pin.release,
            )
        return manifest
    package, metadata = _installed(pin)
    manifest = read_manifest(package, metadata)
    if digest_of(manifest) != pin.digest:
        raise OverlayError(
            f"transformers {pin.release} has the digest {digest_of(manifest)}, pinned is {pin.digest}",
            way_out="install the release again from your package index; do not build on files that are not upstream's",
            file=package,
            release=pin.release,
        )
    copy_whole(package, metadata, manifest, home)
    return manifest


def copy_whole(package: Path, metadata: Path, manifest: dict[str, str], home: Path) -> None:
    """Copy the files of a release to `home`, which appears whole or not at all."""
    partial = home.with_name(f".{home.name}.{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    for name in manifest:
        source = metadata / name if name in METADATA else package.parent / name
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, partial / name)
    (partial / "manifest.json").write_text(json.dumps(manifest))
    partial.replace(home)


def first_difference(home: Path, manifest: dict[str, str]) -> str:
    try:
        kept = json.loads((home / "manifest.json").read_text())
    except (OSError, ValueError):
        return ""
    names = sorted(name for name in kept.keys() | manifest.keys() if kept.get(name) != manifest.get(name))
    return f": {', '.join(names[:3])}" if names else ""


def _installed(pin: Pin) -> tuple[Path, Path]:
    """The package and the metadata folder of the installed release."""
    found = []
    for distribution in importlib.metadata.distributions(name=PACKAGE):
        found.append(distribution.version)
        metadata = getattr(distribution, "_path", None)
        package = Path(distribution.locate_file(PACKAGE))
        if distribution.version == pin.release and metadata is not None and package.is_dir():
            return package, Path(metadata)
    problem = f"transformers {pin.release} is not installed for {sys.executable}"
    if any("+rope" in version for version in found):
        problem = f"the transformers installed here ({', '.join(found)}) is itself a fork of ours"
    raise OverlayError(
        problem,
        way_out="run `pip install -e .`, which brings upstream in as a build requirement",
        release=pin.release,
    )
