"""Whether a series alone, with those that it needs, gives a package that imports and builds configs."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from overlay.edits import SeriesEntry
from overlay.survey import Survey
from overlay.upstream import PACKAGE

from .base import Base
from .trees import texts_alone, unpack


PROGRAM = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
from transformers import GPTNeoXConfig, LlamaConfig, Qwen2VLConfig
for config in (LlamaConfig, GPTNeoXConfig, Qwen2VLConfig):
    config()
"""


def failures(base: Base, survey: Survey, series: Sequence[SeriesEntry]) -> Iterator[tuple[str, str]]:
    """Each series whose modules do not import alone, or that cannot build configs, with the end of the error."""
    with tempfile.TemporaryDirectory() as home:
        package = unpack(base, Path(home))
        for one in series:
            files = texts_alone(one.name, survey, series)
            if not files:
                continue
            for file, text in files.items():
                (package / file).write_text(text)
            error = _error_of(package, files)
            for file in files:
                (package / file).write_text(base.files[file])
            if error:
                yield one.name, error


def _error_of(package: Path, files: dict[str, str]) -> str:
    """The last line that Python prints where it fails, or nothing."""
    names = [name for name in files if "/modular_" not in name and "exporter_" not in name]
    modules = [".".join((PACKAGE, *name.removesuffix(".py").split("/"))) for name in names]
    environment = os.environ | {"PYTHONPATH": str(package.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", PROGRAM, *sorted(modules)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else ""
