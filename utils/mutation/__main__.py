"""`make mutants`: run all mutants, or those of some definitions, and hold what survives against the list.

Exit status 1 if a survivor is not listed, a listed one is caught or gone, or too few are caught.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from environment import LINES, line_of, prepare
from registry import registered_models

from overlay.layout import DEFAULT_RELEASE, Layout

from . import survivors
from .families import covered, edited_definitions, share, subjects
from .report import LIMIT, count, document, table
from .scope import chosen
from .session import ROOT, BaselineError, Session


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help="only in these files or definitions (default: all)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), metavar="N", help="mutants at a time")
    releases = [line.release for line in LINES.values()]
    parser.add_argument("--release", choices=releases, default=DEFAULT_RELEASE, help="whose fork (%(default)s)")
    arguments = parser.parse_args()
    line = line_of(arguments.release)
    python = prepare(line)
    names = set(arguments.names)
    listed = survivors.read(survivors.list_of(line))
    edited = edited_definitions(Layout().lock(arguments.release))
    session = session_of(arguments.release, python)
    mutants = session.mutants()
    judged = share(edited, mutants)
    print(judged, flush=True)
    unmet = names - {name for mutant in mutants for name in (mutant.file, *mutant.definition.split("."))}
    if unmet:
        sys.exit(f"error: no mutants in {', '.join(sorted(unmet))}")

    def wanted(mutant):
        return not names or not names.isdisjoint((mutant.file, *mutant.definition.split(".")))

    try:
        session.run(wanted, arguments.jobs, _Progress())
    except BaselineError as error:
        sys.exit(f"error: {error}")
    results = [result for result in session.results() if wanted(result.mutant)]
    for mutant, difference in session.survivor_differences().items():
        if wanted(mutant) and not any(mutant.name in entry.mutants for entry in listed):
            print(f"\n{mutant}\n{difference}")
    print(f"\n{table(results, listed)}\n")
    found = [result.mutant for result in results if result.killing_test is None]
    problems = survivors.problems(listed, found, [result.mutant for result in results])
    problems += survivors.unknown(listed, mutants)
    if not names:
        if count(results, listed)["all"].percent < LIMIT:
            problems.append(f"less than {LIMIT:g} % are caught of those that are not equivalent")
        file = ROOT / "docs" / f"mutants-{line}.md"
        rest = [one for one in edited if one not in set(covered(edited, mutants))]
        names = {"release": arguments.release, "survivors": survivors.list_of(line).name}
        file.write_text(document(names, results, session.left_out(), listed, judged, rest))
        print(f"written: {file.relative_to(ROOT)}")
    for problem in problems:
        print(problem)
    return int(bool(problems))


def session_of(release: str, python: Path) -> Session:
    """All mutants of a release's fork, judged by an interpreter that imports it."""
    package = Layout().source(release) / "transformers"
    edited, newest = edited_definitions(Layout().lock(release)), release == DEFAULT_RELEASE
    judged = subjects(chosen(package, newest), edited, families_with_tests(), newest)
    return Session(package, judged, ROOT / "build" / "mutants", python)


def families_with_tests() -> set[str]:
    """The names of tests of models, of other frameworks than PyTorch too."""
    return set(registered_models())


class _Progress:
    """Says now and then how far a run is."""

    SECONDS = 20

    def __init__(self):
        self.start = self.last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self.last > self.SECONDS:
            self.last = now
            print(f"[{done}/{total}] {now - self.start:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
