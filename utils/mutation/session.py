"""Runs the mutants of some files, and keeps the result of each. A run that was stopped continues there."""

import hashlib
import itertools
import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkResult

from .mutants import Mutant, MutatedFile, difference
from .scope import MutationScope, Source


ROOT = Path(__file__).resolve().parents[2]
# Operators that nobody writes by mistake in code of this kind, and why.
_FARFETCHED = {
    re.compile("Bit|Shift|Invert"): "a bitwise operator, which no float takes",
    re.compile("ComparisonOperator_(?!Is)[A-Za-z]+_Is(Not)?$"): "identity, where values are compared",
}
_ORDERING = re.compile("ComparisonOperator_(Not)?Eq_[GL]tE?$")
# What a result depends on, in addition to the mutated files.
_SUITE = (
    "conformance/src",
    "tests/models",
    "tests/models/expected_failures.toml",
    "tests/adapted",
    "tests/adapted/expected_failures.toml",
    "tests/frameworks/frameworks.py",
    "utils/registry.py",
    *(f"utils/mutation/{x}.py" for x in ("families", "in_place", "runner", "scope", "preforked_worker")),
)


@dataclass(frozen=True)
class MutantResult:
    """The result of a mutant: the check that caught it, or None if it survived."""

    mutant: Mutant
    killing_test: str | None


@dataclass(frozen=True)
class _Job:
    job_id: str
    subject: MutationScope
    mutant: Mutant
    spec: MutationSpec
    file: MutatedFile


class BaselineError(RuntimeError):
    """The checks do not pass on the unchanged code, so they cannot judge a mutant."""


class Session:
    """The mutants of some files of one Transformers, and their results.

    Args:
        package: the `transformers` folder that is judged; nothing is written there.
        subjects: what to mutate in it.
        home: the folder of the databases; each state of the code and of the suite has a database of its own.
        python: the interpreter that imports this Transformers.
    """

    def __init__(
        self, package: Path, subjects: tuple[MutationScope, ...], home: Path, python: Path = Path(sys.executable)
    ):
        self.package = package
        self.python = python
        self.subjects = {str(package / subject.file): subject for subject in subjects}
        self.sources = {
            path: Source(Path(path).read_text(), subject.rotary, subject.definitions)
            for path, subject in self.subjects.items()
        }
        self.path = home / f"{self._digest()}.sqlite"
        self.memory = home / "killing_tests.json"  # of all sessions: what caught a mutant runs first next time
        home.mkdir(parents=True, exist_ok=True)
        self._known: list[_Job] | None = None
        if not self.path.exists():
            self._create()

    def results(self) -> list[MutantResult]:
        """The results of the mutants that were judged so far, in the order of the code."""
        with use_db(self.path) as database:
            done = dict(database.results)
            mutants = self._mutants(database)
        return [
            MutantResult(mutant, None if done[job_id].test_outcome == TestOutcome.SURVIVED else done[job_id].output)
            for job_id, mutant in mutants.items()
            if job_id in done
        ]

    def mutants(self) -> list[Mutant]:
        """All mutants that count, in the order of the code."""
        with use_db(self.path) as database:
            return list(self._mutants(database).values())

    def left_out(self) -> Counter[str]:
        """How many mutants do not count, by the reason."""
        with use_db(self.path) as database:
            results = [result for _, result in database.results]
        return Counter(result.output for result in results if result.worker_outcome == WorkerOutcome.SKIPPED)

    def survivor_differences(self) -> dict[Mutant, str]:
        """The changed lines of each mutant that survived."""
        with use_db(self.path) as database:
            diffs = {id_: r.diff for id_, r in database.results if r.test_outcome == TestOutcome.SURVIVED}
            return {mutant: diffs[job_id] for job_id, mutant in self._mutants(database).items() if job_id in diffs}

    def run(self, wanted: Callable[[Mutant], bool], workers: int, report: Callable[[int, int], None]) -> None:
        """Judge the wanted mutants that have no result yet.

        Args:
            workers: how many mutants run at the same time.
            report: called after each mutant with the number of mutants that are done, and the number of all.

        Raises:
            BaselineError: the unchanged code does not pass.
        """
        with use_db(self.path) as database:
            jobs = self._pending(database, wanted)
            memory = json.loads(self.memory.read_text()) if self.memory.exists() else {}
            try:
                for number, (job, result) in enumerate(_judge_all(jobs, self.python, workers, memory), 1):
                    database.set_result(job.job_id, result)
                    if result.test_outcome == TestOutcome.KILLED:
                        memory[str(job.mutant)] = result.output
                    if number % 50 == 0:
                        self.memory.write_text(json.dumps(memory, indent=0))
                    report(number, len(jobs))
            finally:
                self.memory.write_text(json.dumps(memory, indent=0))

    def _create(self) -> None:
        partial = self.path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        with use_db(partial) as database:
            init([Path(path) for path in self.subjects], database, {})
            skipped, counting = defaultdict(list), defaultdict(list)
            for job in self._read_jobs(database):
                reason = _left_out(job)
                if reason is not None:
                    skipped[reason].append(job.job_id)
                else:
                    counting[job.subject, job.mutant.definition].append(job)
            for (subject, _), jobs in counting.items():
                # The order depends on names only, so that an edit elsewhere does not change the sample.
                jobs.sort(key=lambda job: hashlib.sha256(str(job.mutant).encode()).digest())
                skipped["beyond the sample"] += [job.job_id for job in jobs[subject.most :] if subject.most]
            for reason, job_ids in skipped.items():
                database.set_multiple_results(job_ids, WorkResult(WorkerOutcome.SKIPPED, reason))
        partial.replace(self.path)

    def _mutants(self, database: WorkDB) -> dict[str, Mutant]:
        """The mutants that count, by the id of their job, in the order of the code."""
        return {job.job_id: job.mutant for job in self._jobs(database)}

    def _pending(self, database: WorkDB, wanted: Callable[[Mutant], bool]) -> list[_Job]:
        done = {job_id for job_id, _ in database.results}
        return [job for job in self._jobs(database) if job.job_id not in done and wanted(job.mutant)]

    def _jobs(self, database: WorkDB) -> list[_Job]:
        """The jobs of all mutants that count. Mutants that turned out to be no Python do not count."""
        skipped = {job_id for job_id, result in database.results if result.worker_outcome == WorkerOutcome.SKIPPED}
        if self._known is None:
            self._known = self._read_jobs(database)
        return [job for job in self._known if job.job_id not in skipped]

    def _read_jobs(self, database: WorkDB) -> list[_Job]:
        items = defaultdict(dict)
        for item in database.work_items:
            (spec,) = item.mutations
            items[str(spec.module_path)][spec.operator_name, spec.occurrence] = (item.job_id, spec)
        jobs = []
        for path, subject in self.subjects.items():
            file = MutatedFile(subject.file, self.sources[path], [spec for _, spec in items[path].values()])
            for spec, mutant in sorted(file.mutants(), key=lambda pair: pair[0].start_pos):
                job_id, _ = items[path][spec.operator_name, spec.occurrence]
                jobs.append(_Job(job_id, subject, mutant, spec, file))
        return jobs

    def _digest(self) -> str:
        files = [*map(Path, self.subjects)]
        for name in _SUITE:
            files += sorted((ROOT / name).rglob("*.py")) or [ROOT / name]
        for subject in self.subjects.values():
            files += [ROOT / test.partition("::")[0] for test in subject.tests]
        samples = [(path, sorted(subject.definitions), subject.most) for path, subject in self.subjects.items()]
        digest = hashlib.sha256(f"{self.package}\0{samples}".encode())
        for path in files:
            digest.update(f"{path}\0".encode() + path.read_bytes() + b"\0")
        return digest.hexdigest()[:12]


def _left_out(job: _Job) -> str | None:
    """Why a mutant does not count, or None."""
    place, operator, source = (job.spec.start_pos, job.spec.end_pos), job.spec.operator_name, job.file.source
    if reason := source.left_out(*place):
        return reason
    if reason := next((why for name, why in _FARFETCHED.items() if name.search(operator)), None):
        return reason
    if _ORDERING.search(operator) and source.compares_a_name(*place):
        return "an order, where names are compared"
    return None


def _judge_all(
    jobs: list[_Job], python: Path, workers: int, memory: dict[str, str]
) -> Iterator[tuple[_Job, WorkResult]]:
    """Yields each job with its result when it is done. If a mutant was caught, the output of its result is the check
    that caught it."""
    waiting = deque(jobs)
    done: queue.SimpleQueue = queue.SimpleQueue()
    ranking = _Ranking(memory)
    ended = threading.Event()

    def work(take: Callable[[], _Job]) -> None:
        worker = None
        try:
            while not ended.is_set():
                try:
                    job = take()
                except IndexError:  # no job is left
                    break
                if worker is None or worker.subject != job.subject:
                    if worker is not None:
                        worker.close()
                    worker = _Worker(job.subject, python)
                done.put((job, worker.result(job, ranking.first(job.mutant))))
        except BaseException as error:
            done.put(error)
        finally:
            if worker is not None:
                worker.close()

    # From both ends: each worker that judges mutants of a file must trace this file, so few workers should share one.
    takes = itertools.cycle((waiting.popleft, waiting.pop))
    takes = itertools.islice(takes, min(workers, len(jobs)))
    threads = [threading.Thread(target=work, args=(take,), daemon=True) for take in takes]
    for thread in threads:
        thread.start()
    try:
        for _ in jobs:
            result = done.get()
            if isinstance(result, BaseException):
                raise result
            job, found = result
            if found.test_outcome == TestOutcome.KILLED:
                ranking.count(job.mutant, found.output)
            yield job, found
    finally:
        ended.set()


class _Ranking:
    """Says which checks run first: the check that caught this mutant before, then the checks that caught mutants of
    the same definition, then those that caught mutants of the same file."""

    MOST = 30

    def __init__(self, memory: dict[str, str]):
        self.memory = dict(memory)
        self.counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)

    def count(self, mutant: Mutant, killing_test: str) -> None:
        for place in ((mutant.file, mutant.definition), (mutant.file,)):
            self.counts[place][killing_test] += 1

    def first(self, mutant: Mutant) -> list[str]:
        before = self.memory.get(str(mutant))
        places = ((mutant.file, mutant.definition), (mutant.file,))
        ranked = (name for place in places for name, _ in self.counts[place].copy().most_common(self.MOST))
        return list(dict.fromkeys(filter(None, (before, *ranked))))


class _Worker:
    """A preforked worker for the mutants of one file."""

    def __init__(self, subject: MutationScope, python: Path):
        self.subject = subject
        environment = os.environ | {
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT / "utils"),
            "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "pycache"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.process = subprocess.Popen(
            [python, "-m", "mutation.preforked_worker", subject.module, *subject.models, *subject.tests],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        unmutated = self._read()
        if unmutated["killing_test"] is not None:
            self.close()
            raise BaselineError(f"{subject.file}, not mutated, is caught by: {unmutated['killing_test']}")
        # The limit ends endless loops. It is generous, so that a busy machine does not reach it: the time that is
        # added to the minute was measured with tracing, which makes a run several times as long.
        self.seconds = 60 + unmutated["seconds"]

    def result(self, job: _Job, first: Iterable[str]) -> WorkResult:
        text = job.file.mutated(job.spec)
        if text is None:
            return WorkResult(WorkerOutcome.SKIPPED, "no Python")
        lines = job.file.source.statement(job.spec.start_pos)
        request = {"source": text, "lines": lines, "first": list(first), "seconds": self.seconds}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        killing_test = self._read()["killing_test"]
        outcome = TestOutcome.SURVIVED if killing_test is None else TestOutcome.KILLED
        return WorkResult(WorkerOutcome.NORMAL, killing_test, outcome, difference(job.file.source.text, text))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()

    def _read(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process that judges {self.subject.file} died")
        return json.loads(line)
