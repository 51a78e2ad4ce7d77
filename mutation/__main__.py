"""`make mutants`: run all mutants, or those of some definitions, and hold what survives against the list.

Exit status 1 if a survivor is not listed, a listed one is caught or gone, or too few are caught.
"""

import argparse
import os
import sys
import time

from overlay.layout import DEFAULT_RELEASE, Layout

from . import survivors
from .families import edited_definitions, share, subjects
from .report import LIMIT, count, document, table
from .session import ROOT, BaselineError, Session


DOCUMENT = ROOT / "docs" / "mutants.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help="only in these files or definitions (default: all)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), metavar="N", help="mutants at a time")
    arguments = parser.parse_args()
    package = Layout().source(DEFAULT_RELEASE) / "transformers"
    if not package.is_dir():
        sys.exit(f"error: {package.relative_to(ROOT)} is missing; ./run_tests makes it")
    names = set(arguments.names)
    listed = survivors.read()
    edited = edited_definitions(Layout().lock(DEFAULT_RELEASE))
    tested = {path.parent.name for path in (ROOT / "tests" / "models").glob("*/test_*.py")}
    judged = subjects(edited, tested)
    print(share(edited, judged), flush=True)
    session = Session(package, judged, ROOT / "build" / "mutants")
    unmet = names - {name for mutant in session.mutants() for name in (mutant.file, *mutant.definition.split("."))}
    if unmet:
        sys.exit(f"error: no mutants in {', '.join(sorted(unmet))}")

    def wanted(mutant):
        return not names or not names.isdisjoint((mutant.file, *mutant.definition.split(".")))

    try:
        session.run(wanted, arguments.jobs, _Progress())
    except BaselineError as error:
        sys.exit(f"error: {error}")
    verdicts = [verdict for verdict in session.verdicts() if wanted(verdict.mutant)]
    for mutant, difference in session.survivor_differences().items():
        if wanted(mutant) and not any(mutant.name in entry.mutants for entry in listed):
            print(f"\n{mutant}\n{difference}")
    print(f"\n{table(verdicts)}\n")
    found = [verdict.mutant for verdict in verdicts if verdict.killer is None]
    problems = survivors.problems(listed, found, [verdict.mutant for verdict in verdicts])
    if not names:
        problems += survivors.unknown(listed, session.mutants())
        if count(verdicts)["all"].percent < LIMIT:
            problems.append(f"less than {LIMIT:g} % are caught")
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(document(verdicts, session.left_out(), listed, share(edited, judged)))
        print(f"written: {DOCUMENT.relative_to(ROOT)}")
    for problem in problems:
        print(problem)
    return int(bool(problems))


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
