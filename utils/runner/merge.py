"""Merges the results of shards into `build/results`, and judges them as one run.

    python -m runner.merge FOLDER...

Each folder is the `build/results` of one shard. Exit status 1 if a listed model has no results, a case fails that is
not known to fail, or the expected failures are not those that were counted.

It needs `packaging`, which the environment of the tests has.
"""

import argparse
import shutil
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from environment import LINES, ROOT
from registry import adapted_models, listed_models

from .known import RESULTS, check, read_results


def merge(folders: Collection[Path], into: Path) -> dict[str, list[str]]:
    """Copy the results of all shards into one folder.

    Returns:
        The models that they hold, by the release and build that was judged, such as `4.57.6-fork`.

    Raises:
        ValueError: two shards have different results of one model, or none has any.
    """
    found: dict[tuple[str, str], Path] = {}
    for file in sorted(file for folder in folders for file in folder.glob("*/*.jsonl")):
        key = file.parent.name, file.stem
        if key in found and found[key].read_bytes() != file.read_bytes():
            raise ValueError(f"{found[key]} and {file} are results of one model and differ")
        found.setdefault(key, file)
    if not found:
        raise ValueError(f"no results in {', '.join(map(str, folders))}")
    models: dict[str, list[str]] = {}
    for (subject, model), file in sorted(found.items()):
        target = into / subject / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or not target.samefile(file):
            shutil.copy2(file, target)  # the report shows when a model was judged
        models.setdefault(subject, []).append(model)
    return models


def problems(subject: str, models: Collection[str], results: Path) -> Iterator[str]:
    """What is wrong with the merged results of one release and build, a sentence each."""
    release, _, _ = subject.rpartition("-")
    line = next((name for name, line in LINES.items() if line.release == release), None)
    if line is not None:  # of another release, models may be absent
        for model in sorted({*listed_models(ROOT, release), *adapted_models(ROOT, line)} - set(models)):
            yield f"{model}: no shard has results; its run broke, or a shard is missing"
    files = [results / subject / f"{model}.jsonl" for model in models]
    for file in files:
        failed = [x for x in read_results(file) if x["status"] not in ("pass", "not-applicable") and not x["known"]]
        if failed:
            yield f"{file.stem}: {len(failed)} cases fail, of {', '.join(sorted({x['property'] for x in failed}))}"
    yield from check(subject, files, whole=line is not None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="merge", description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="build/results of a shard")
    arguments = parser.parse_args()
    try:
        merged = merge(arguments.folders, RESULTS)
    except ValueError as error:
        sys.exit(f"error: {error}")
    failed = False
    for subject, models in merged.items():
        print(f"{subject}: {len(models)} models")
        for problem in problems(subject, models, RESULTS):
            print(f"  {problem}")
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
