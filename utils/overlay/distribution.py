"""The arguments for setuptools: upstream's requirements, extras and entry points, with our version."""

import configparser
import email
import os
from pathlib import Path

from . import stamp
from .errors import OverlayError
from .layout import Layout
from .upstream import PACKAGE


def version_of(layout: Layout, release: str) -> str:
    """The version of the fork that is built: the release, and a digest of its patch set.

    Raises:
        OverlayError: the fork is not built.
    """
    return f"{release}+rope.{stamp.read_built(layout, release).patch_set}"


def setup_arguments(layout: Layout, release: str, with_files: bool = True) -> dict:
    """The keyword arguments of `setuptools.setup` for the fork of a release.

    Raises:
        OverlayError: the fork is not built.
    """
    metadata = layout.upstream(release) / "METADATA"
    if not metadata.exists():
        raise OverlayError(
            "the fork is not built",
            way_out="install with pip, not by calling setup.py",
            file=metadata,
            release=release,
        )
    upstream = email.message_from_string(metadata.read_text("utf-8"))
    requirements, extras = _requirements(upstream)
    arguments = {
        "name": PACKAGE,
        "version": version_of(layout, release),
        "description": f"Transformers {release} with rotary position embeddings made right (modified, see NOTICE)",
        "long_description": (layout.root / "README.md").read_text("utf-8"),
        "long_description_content_type": "text/markdown",
        "license": "Apache-2.0",
        "license_files": ["LICENSE", "NOTICE", layout.lock(release).relative_to(layout.root).as_posix()],
        "python_requires": upstream["Requires-Python"],
        "install_requires": requirements,
        "extras_require": extras,
        "entry_points": _entry_points(layout.upstream(release) / "entry_points.txt"),
        "packages": [],
        "py_modules": [],
    }
    if with_files:
        source = layout.source(release)
        arguments |= {
            "package_dir": {"": os.path.relpath(source, layout.root)},
            "packages": _packages(source / PACKAGE),
            "package_data": {"": ["*"]},
            "include_package_data": False,
        }
    return arguments


def _requirements(upstream: email.message.Message) -> tuple[list[str], dict[str, list[str]]]:
    """The lines of `Requires-Dist`: what is always required, and what each extra adds."""
    requirements: list[str] = []
    extras: dict[str, list[str]] = {extra: [] for extra in upstream.get_all("Provides-Extra") or []}
    for line in upstream.get_all("Requires-Dist") or []:
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        plain, _, extra = marker.rpartition("extra ==")
        if not extra:
            requirements.append(line)
            continue
        condition = plain.strip().removesuffix("and").strip()
        if condition.startswith("(") and condition.endswith(")"):
            condition = condition[1:-1]
        extras[extra.strip(" \"'")].append(f"{requirement}; {condition}" if condition else requirement)
    return requirements, extras


def _entry_points(path: Path) -> dict[str, list[str]]:
    parser = configparser.ConfigParser(delimiters="=")
    parser.optionxform = str  # names keep their case
    parser.read(path)
    return {group: [f"{name} = {target}" for name, target in parser[group].items()] for group in parser.sections()}


def _packages(package: Path) -> list[str]:
    """Every folder that holds files, with or without `__init__.py`, as upstream's wheel has them."""
    package = package.resolve()
    folders = {path.parent for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    return sorted(".".join(folder.relative_to(package.parent).parts) for folder in folders)
