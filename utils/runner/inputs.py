"""What results depend on beside the Transformers under test. Standard library only."""

import os
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from environment import ROOT, installed

from .records import digest_of


COUNTS_ARE_OFF = 3  # the exit status of `runner.known check` then; Python's own errors have 1
# Variables of the environment that may change a result, by the beginnings of their names.
_READ = ("CUDA_", "HF_", "MKL_", "OMP_", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHON", "TORCH", "TRANSFORMERS_")


def common_inputs(
    environment: Path, files: Collection[str], variables: Mapping[str, str], *folders: Path
) -> dict[str, Any]:
    """What the results of all models depend on, as far as it is told before they are judged.

    Args:
        environment: the folder of the one that they run in.
        files: that are read, and folders, below the repository.
        variables: of the environment of what reads them.
        folders: that hold more distributions than the environment does.
    """
    return {
        "installed": installed(environment, *folders),
        "files": digest_of(*(ROOT / name for name in files)),
        "variables": {name: value for name, value in variables.items() if name.startswith(_READ)},
    }


def expected_failures_file() -> Path:
    """Where it stands what is known to break."""
    return Path(os.environ.get("CONFORMANCE_EXPECTED_FAILURES", ROOT / "tests" / "models" / "expected_failures.toml"))


def read_expected_failures() -> list[dict[str, Any]]:
    """Every exception.

    Raises:
        SystemExit: the file cannot be read.
    """
    file = expected_failures_file()
    try:
        return tomllib.loads(file.read_text()).get("expected_failure", [])
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {file} cannot be read: {error}") from None


def places_of(exceptions: list[dict[str, Any]], models: Collection[str], build: str) -> list[tuple]:
    """The places of exceptions that may concern models in a build, each with its reason and number."""
    return [
        (exception.get("reason"), number, place)
        for exception in exceptions
        for number, place in enumerate(exception.get("where", ()), 1)
        if build in place.get("builds", [build])
        and ("models" not in place or not set(models).isdisjoint(place["models"]))
    ]
