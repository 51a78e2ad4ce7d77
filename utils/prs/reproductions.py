"""The reproduction of a series: a short program of ours that fails on the base, and passes with the series."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from overlay.edits import SeriesEntry
from overlay.layout import Layout
from overlay.survey import Survey

from .base import Base
from .trees import texts_alone, unpack


FOLDER = "reproductions"  # in `src`: <series>.py


@dataclass(frozen=True)
class ProgramRun:
    """What a program printed, and its error, if it failed."""

    output: str
    passed: bool


@dataclass(frozen=True)
class Reproduction:
    """A program, and its outcomes on the base and on the base with the series and those that it needs."""

    code: str
    before: ProgramRun
    after: ProgramRun


def programs(layout: Layout) -> dict[str, Path]:
    return {path.stem: path for path in sorted((layout.layer("src") / FOLDER).glob("*.py"))}


def reproduce(
    base: Base, survey: Survey, series: Sequence[SeriesEntry], chosen: Mapping[str, Path]
) -> dict[str, Reproduction]:
    """Run the programs of series that change something in the base; none if the base itself cannot be imported here,
    where every program would fail."""
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor(os.cpu_count()) as pool:
        home = Path(made)
        package = unpack(base, home)
        if not _run(
            [sys.executable, "-c", f"import {package.name}.models.llama.modeling_llama"], package.parent
        ).passed:
            return {}

        def both(name: str) -> Reproduction | None:
            texts = texts_alone(name, survey, series)
            if not texts:
                return None
            changed = home / name / package.name
            shutil.copytree(package, changed, copy_function=os.link)
            for file, text in texts.items():
                (changed / file).unlink()
                (changed / file).write_text(text)
            before, after = (_run([sys.executable, chosen[name]], tree.parent) for tree in (package, changed))
            shutil.rmtree(changed.parent)
            return Reproduction(chosen[name].read_text(), before, after)

        found = dict(zip(chosen, pool.map(both, chosen), strict=True))
    return {name: one for name, one in found.items() if one}


def _run(command: Sequence[str | Path], tree: Path) -> ProgramRun:
    """What a command prints if `tree` has the package, and the last line of its error."""
    quiet = {"PYTHONDONTWRITEBYTECODE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_OFFLINE": "1"}
    environment = os.environ | quiet | {"PYTHONPATH": str(tree)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tree)
    error = done.stderr.strip().rpartition("\n")[2].strip() if done.returncode else ""
    return ProgramRun((done.stdout + error).strip().replace(f"{tree}{os.sep}", ""), not done.returncode)
