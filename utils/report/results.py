"""What `./run_tests` found, a run at a time: one release of Transformers as upstream made it, or as our fork."""

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


# Worst first: an error stops the user, a wrong result goes unnoticed.
STATUSES = ("fail", "crash", "refused", "pass", "not-applicable")
COMMANDS = {"pristine": "./run_tests --pristine", "fork": "./run_tests"}


@dataclass(frozen=True)
class BuildResults:
    """Everything known of one build of one release.

    Args:
        lines: as conformance/src/transformers_conformance/recording.py writes them.
        first, last: when the oldest and the newest of the models in it were judged.
    """

    release: str
    build: str
    lines: list[dict]
    first: datetime
    last: datetime

    @property
    def name(self) -> str:
        return f"{self.release}-{self.build}"


def load_runs(folder: Path, release: str) -> list[BuildResults]:
    """Every run in the folder: pristine and fork of this release first, then the others.

    Raises:
        SystemExit: one of those two is missing, or a line is not one that `./run_tests` writes.
    """
    needed = {f"{release}-{build}": command for build, command in COMMANDS.items()}
    runs = {path.name: run for path in sorted(folder.glob("*/")) if (run := load_run(path))}
    missing = [(name, command) for name, command in needed.items() if name not in runs]
    if missing:
        names = " and ".join(name for name, _ in missing)
        sys.exit(
            f"error: no results of {names}; make them by {' and '.join(f'`{command}`' for _, command in missing)}"
        )
    return [runs.pop(name) for name in needed] + list(runs.values())


def load_run(folder: Path) -> BuildResults | None:
    """A run from its folder, named `<release>-<build>`, with a file for each model; none if nothing was judged.

    Raises:
        SystemExit: a line is not one that `./run_tests` writes.
    """
    files = sorted(folder.glob("*.jsonl"))
    lines = [
        _read(line, f"{folder.name}/{file.name}, line {number}")
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
    ]
    if not lines:
        return None
    release, _, build = folder.name.rpartition("-")
    times = [file.stat().st_mtime for file in files]  # models may be judged on different days
    first, last = (datetime.fromtimestamp(time, UTC) for time in (min(times), max(times)))
    return BuildResults(release, build, lines, first, last)


def _read(line: str, place: str) -> dict:
    try:
        found = json.loads(line)
        found["model"], found["rule"], found["property"], found["case"], found["reason"], found["known"]
        if found["status"] not in STATUSES:
            raise ValueError(f"no status is called {found['status']!r}")
    except (KeyError, TypeError, ValueError) as error:
        sys.exit(f"error: {place} is no result of ./run_tests: {error!r}")
    return found
