"""How many cases each expected failure covers: counted in results, kept in a lock, and held against it.

A lock, `tests/models/known/<subject>.json`, says of every model that was judged how many cases each place of the
expected failures covers, by status. `run_tests` holds what it finds against it, model by model.

    python -m runner.known check SUBJECT RESULTS... [--whole]   what is off; exit status 3 if anything is
    python -m runner.known write        the locks, and the statuses of places, from build/results

It needs `packaging`, which the environment of the tests has.
"""

import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environment import LINES, ROOT
from packaging.specifiers import SpecifierSet
from registry import registered_models

from .inputs import COUNTS_ARE_OFF, expected_failures_file


RESULTS = ROOT / "build" / "results"

Counts = dict[str, dict[str, int]]  # of one model: by place, by status


@dataclass(frozen=True)
class CaseFilter:
    """The cases in which an expected failure shows: the `number`th `where` of a bug, as the file writes it."""

    bug: str
    reason: str
    number: int
    where: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.bug}, place {self.number}"

    @property
    def key(self) -> str:
        return f"{self.bug} {self.number}"

    def concerns(self, release: str, build: str) -> bool:
        releases = SpecifierSet(self.where.get("releases", ""), prereleases=True)
        return releases.contains(release) and build in self.where.get("builds", [build])


def files() -> list[Path]:
    """Those of expected failures: of PyTorch's models, and of those in other frameworks."""
    adapted = ROOT / "tests" / "adapted" / "expected_failures.toml"
    return [file for file in (expected_failures_file(), adapted) if file.exists()]


def places(file: Path) -> list[CaseFilter]:
    return [
        CaseFilter(table["bug"], table["reason"], number, where)
        for table in tomllib.loads(file.read_text()).get("expected_failure", [])
        for number, where in enumerate(table["where"], 1)
    ]


def counted(lines: Iterable[Mapping[str, Any]], known: Collection[CaseFilter]) -> Counts:
    """What the results of a model add up to."""
    keys = {(place.reason, place.number): place.key for place in known}
    count = Counter((keys.get((x["known"], x["place"])), x["status"]) for x in lines if x["place"] is not None)
    found: Counts = {}
    for (key, status), number in sorted(count.items(), key=str):
        if key is not None:
            found.setdefault(key, {})[status] = number
    return found


def problems(
    results: Mapping[str, list[Mapping[str, Any]]],
    lock: Mapping[str, Counts] | None,
    known: Collection[CaseFilter],
    release: str,
    build: str,
    whole: bool,
) -> Iterator[str]:
    """What is off in the results of models that were judged in full.

    Args:
        lock: what was counted before; None where nothing was.
        whole: whether these are all models, so that a place which names none must show in one of them.
    """
    met = set()
    for model, lines in results.items():
        found = counted(lines, known)
        met |= found.keys()
        if lock is not None:
            yield from _differences(model, found, lock.get(model))
        judged = {line["model"] for line in lines if line["case"] is not None}
        for place in known:
            for name in judged.intersection(place.where.get("models", ())):
                broke = any((x["known"], x["place"], x["model"]) == (place.reason, place.number, name) for x in lines)
                if place.concerns(release, build) and not broke:
                    yield f"stale: nothing breaks in {name} any more where this says so, take it out: {place}"
    for place in known if whole else ():
        if "models" not in place.where and place.concerns(release, build) and place.key not in met:
            yield f"stale: nothing breaks in any model any more where this says so, take it out: {place}"


def _differences(model: str, found: Counts, locked: Counts | None) -> Iterator[str]:
    if locked is None:
        yield f"{model}: its expected failures were never counted; `make known` does"
        return
    for key in sorted(found.keys() | locked.keys()):
        now, before = found.get(key, {}), locked.get(key, {})
        if now != before:
            bug, _, number = key.rpartition(" ")
            yield f"{model}: {_told(now)} of {bug}, place {number}, where {_told(before)} were counted"


def _told(count: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {status}" for status, number in count.items()) or "no cases"


def lock_file(subject: str) -> Path:
    return expected_failures_file().with_name("known") / f"{subject}.json"


def _is_counted(subject: str) -> bool:
    """Whether the release of a subject, such as `4.57.6-fork`, has a fork."""
    return subject.rpartition("-")[0] in {line.release for line in LINES.values()}


def read_lock(subject: str) -> dict[str, Counts] | None:
    file = lock_file(subject)
    return json.loads(file.read_text()) if file.exists() else None


def write_lock(subject: str, lock: Mapping[str, Counts]) -> None:
    """A line a place, so that changes of several models do not touch each other."""
    models = []
    for model, counts in sorted(lock.items()):
        rows = ",\n".join(f"    {json.dumps(key)}: {json.dumps(by)}" for key, by in sorted(counts.items()))
        models.append(f"  {json.dumps(model)}: " + (f"{{\n{rows}\n  }}" if rows else "{}"))
    lock_file(subject).parent.mkdir(exist_ok=True)
    lock_file(subject).write_text("{\n" + ",\n".join(models) + "\n}\n")


def read_results(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def write() -> None:
    """Locks the counts of all results, and states how places break in the files. What was not judged stays as it was.

    A release without a fork has no lock: there, only unexplained failures count.
    """
    known = [place for file in files() for place in places(file)]
    keys = {place.key for place in known}
    explained = {(place.reason, place.number) for place in known}
    seen: dict[str, set[str]] = {}
    tested = registered_models(ROOT)
    for folder in sorted(path for path in RESULTS.iterdir() if path.is_dir()):
        lock = read_lock(folder.name) or {}
        results = {file.stem: read_results(file) for file in folder.glob("*.jsonl")}
        for model, lines in results.items():
            if {(x["known"], x["place"]) for x in lines if x["place"] is not None} - explained:
                print(f"{folder.name}, {model}: judged before a bug was told otherwise; judge it again")
        lock |= {model: counted(lines, known) for model, lines in results.items()}
        lock = {
            model: {key: by for key, by in counts.items() if key in keys}
            for model, counts in lock.items()
            if model in tested
        }
        if _is_counted(folder.name):
            write_lock(folder.name, lock)
        cases = 0
        for counts in lock.values():
            for key, by in counts.items():
                seen.setdefault(key, set()).update(by)
                cases += sum(by.values())
        print(f"{folder.name}: {cases} cases of {len(lock)} models")
    for file in files():
        state_statuses(file, seen)
        for place in places(file):
            if place.key not in seen:
                print(f"stale, or not judged: {place}")


def state_statuses(file: Path, seen: Mapping[str, Collection[str]]) -> None:
    """Writes into each place of a file in which ways its cases break."""
    before = tomllib.loads(file.read_text())
    blocks = re.split(r"(?m)^(?=\[\[expected_failure(?:\.where)?\]\]$)", file.read_text())
    bug, number = "", 0
    for index, block in enumerate(blocks):
        if block.startswith("[[expected_failure]]"):
            bug, number = tomllib.loads(block)["expected_failure"][0]["bug"], 0
        elif block.startswith("[[expected_failure.where]]"):
            number += 1
            if statuses := seen.get(f"{bug} {number}"):
                blocks[index] = _with_statuses(block, sorted(statuses))
    text = "".join(blocks)
    file.write_text(text)
    for table in (before, after := tomllib.loads(text)):
        for place in (place for failure in table["expected_failure"] for place in failure["where"]):
            place.pop("statuses", None)
    assert before == after, f"{file} says something else now"


def _with_statuses(block: str, statuses: list[str]) -> str:
    said = f"statuses = {json.dumps(statuses)}\n"
    if re.search(r"(?m)^statuses = ", block):
        return re.sub(r"(?m)^statuses = .*\n", lambda _: said, block)
    end = re.search(r"(\n|#.*\n?)*\Z", block).start()  # comments before the next bug are of that one
    return block[:end] + "\n" * (not block[:end].endswith("\n")) + said + block[end:].removeprefix("\n")


def check(subject: str, results: Iterable[Path], whole: bool) -> list[str]:
    """What is off in files of results, held against the lock of the release and build; see `problems`."""
    release, _, build = subject.rpartition("-")
    found = {file.stem: read_results(file) for file in results}
    known = [place for file in files() for place in places(file)]
    lock = read_lock(subject) if _is_counted(subject) else None
    return list(problems(found, lock, known, release, build, whole))


def main() -> int:
    if sys.argv[1:2] == ["write"]:
        write()
        return 0
    _, _, subject, *arguments = sys.argv
    found = check(subject, [Path(file) for file in arguments if file != "--whole"], "--whole" in arguments)
    print("\n".join(found))
    return COUNTS_ARE_OFF if found else 0


if __name__ == "__main__":
    sys.exit(main())
