"""The package of the base on disk, and the texts that a series alone gives it."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from overlay.edits import SeriesEntry
from overlay.engine import apply
from overlay.series import needed_by
from overlay.survey import Survey

from .base import SOURCES, Base, git


def unpack(base: Base, home: Path) -> Path:
    """The folder of the package, in `home`."""
    archive = home / "base.tar"
    git(base.repository, "archive", f"--output={archive}", base.commit, SOURCES)
    shutil.unpack_archive(archive, home, filter="data")
    archive.unlink()
    return home / SOURCES


def texts_alone(name: str, survey: Survey, series: Sequence[SeriesEntry]) -> dict[str, str]:
    """The files that a series changes with those that it needs, and their texts."""
    chosen = {name, *needed_by(name, series)}
    return apply([reach for reach in survey.reaches if reach.edit.series in chosen], survey.tree).files
