"""Run the conformance tests of every model in models_changed.txt, or of those named, such as gptj or tf_gptj.

The environment and the fork are prepared first, so that this is the one command to run on a fresh machine. Each model
has a log under build/logs; what every check found stands in build/results, a JSON line each, or, of a selection (-k),
beside the log. A model that passed in full is not run again while nothing differs of what its results were made from.
Exit status 1 if a test failed, or none ran.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from environment import DEFAULT_LINE, LINES, ROOT, install_release, prepare
from registry import adapted_models, listed_models, registered_models

from overlay.layout import Layout

from .fork_server import TIME_LIMIT, ForkServers
from .inputs import COUNTS_ARE_OFF, common_inputs, expected_failures_file, places_of, read_expected_failures
from .records import Records, digest_of
from .shard import Shard, measured_seconds
from .subject import Subject, Target
from .tables import Outcome, print_causes, print_table


RECORDS = ROOT / "build" / "records"
SUITE = ROOT / "conformance" / "src" / "transformers_conformance"
TOPICS = sorted(file.parent.name for file in SUITE.glob("*/testing.py"))
LAYOUTS = ("half-split", "interleaved", "half-split-reversed")  # of `rope.reference`, which needs an environment


def main() -> int:
    arguments = parse_arguments()
    python = prepare(arguments.line)
    fork = LINES[arguments.line].release
    subprocess.run([python, "-m", "overlay", "fork", "--release", fork], cwd=ROOT / "utils", check=True)
    subject = choose_subject(arguments)
    for folder in (subject.logs, subject.results):
        folder.mkdir(parents=True, exist_ok=True)
    print(f"judging {subject.name}", flush=True)
    models = arguments.models or listed_models(ROOT, subject.release) + adapted_models(ROOT, arguments.line)
    if arguments.shard:
        models = arguments.shard.of(models, measured_seconds(subject.results))
        if not models:
            sys.exit("error: this shard is empty, since there are fewer models than shards")
    targets = own_models(arguments.model) if arguments.model else model_tests(models, arguments.line)
    outcomes = []
    variables = variables_of(subject)
    servers = ForkServers(python, "pytest:main", _SHARED, ROOT, variables)
    selection = selection_of(arguments)
    # Of a selection nothing is kept, nor of code that is a user's own.
    records = None if selection or arguments.model else records_of(subject, python.parents[1], variables)
    judge = Judge(
        subject,
        servers,
        selection,
        read_expected_failures(),
        records,
        fresh=arguments.no_cache,
        limit=TIME_LIMIT,
    )
    with ThreadPoolExecutor(arguments.jobs) as pool:
        runs = [pool.submit(judge.outcome, target) for target in targets]
        for number, run in enumerate(as_completed(runs), 1):
            outcome = run.result()
            outcomes.append(outcome)
            took = "" if outcome.as_before else f" ({outcome.seconds:.0f} s)"
            print(f"[{number}/{len(runs)}] {outcome.model}: {outcome.status}{took}", flush=True)
    servers.close()
    order = [target.name for target in targets]
    outcomes.sort(key=lambda outcome: order.index(outcome.model))
    chosen = arguments.models or selection or arguments.model or arguments.shard
    whole = not chosen and not any(one.broken for one in outcomes)
    # Of a release without a fork, only some models are judged, and nothing is kept for it: that a place shows in none
    # of them is told, and fails nothing.
    strict = subject.release in {line.release for line in LINES.values()}
    full = [one.model for one in outcomes if not (one.broken or one.absent)]
    off = [] if selection or arguments.model else miscounted(python, subject, full, whole)
    for target in targets:
        results = subject.results_of(target.name, judge.partial(target))
        print_causes(target, read_lines(results) if results.exists() else [])
    print_table(outcomes, subject, off, strict, judge.limit)
    failed = (strict and off) or any(outcome.status == "FAILED" for outcome in outcomes)
    return int(bool(failed) or not any(outcome.passed for outcome in outcomes))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run_tests", description=__doc__.splitlines()[0])
    parser.add_argument(
        "models",
        nargs="*",
        metavar="model",
        help="only these (default: all of models_changed.txt, or of lines/4.57/models_changed.txt on that line; on "
        "releases without a fork those of lines/models_sampled.txt)",
    )
    parser.add_argument("-k", metavar="EXPRESSION", help="only the tests that match, as in pytest")
    parser.add_argument(
        "--topic", action="append", choices=TOPICS, help="only the tests of this topic (default: all); may be repeated"
    )
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), metavar="N", help="models at a time")
    parser.add_argument("--no-cache", action="store_true", help="run what passed before and did not change, too")
    parser.add_argument(
        "--line", choices=LINES, default=DEFAULT_LINE, help="the line of releases to judge (default: %(default)s)"
    )
    parser.add_argument("--pristine", action="store_true", help="judge the line's upstream release, without our edits")
    parser.add_argument("--release", metavar="VERSION", help="judge another release of upstream, installed on demand")
    parser.add_argument(
        "--model",
        action="append",
        metavar="FILE:CONFIG:MODEL:LAYOUT",
        help="a model of your own instead: a Python file, its config class, its model class, and how the channels of "
        f"a head pair up, {' or '.join(LAYOUTS)}; may be repeated",
    )
    parser.add_argument(
        "--shard",
        type=Shard.parse,
        metavar="I/N",
        help="only part I of N of these models, so that N machines share them; `make merge` merges the results",
    )
    arguments = parser.parse_args()
    if arguments.jobs < 1:
        parser.error("-j needs a number from 1 on")
    if arguments.release and arguments.line != DEFAULT_LINE:
        parser.error("name a --line or a --release, not both: another release is judged without our edits")
    if arguments.model and (arguments.models or arguments.shard):
        parser.error("--model goes with no other models, and with no --shard")
    return arguments


def selection_of(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The options of pytest that select tests; empty if all run."""
    topics = tuple(f"--conformance-topics={name}" for name in arguments.topic or ())
    return (*(("-k", arguments.k) if arguments.k else ()), *topics)


def choose_subject(arguments: argparse.Namespace) -> Subject:
    """The fork, unless upstream is asked for."""
    release = LINES[arguments.line].release
    if arguments.release not in (None, release):
        return Subject(arguments.release, "pristine", install_release(arguments.release))
    if arguments.pristine:
        return Subject(release, "pristine", Layout().upstream(release))
    return Subject(release, "fork", Layout().source(release))


def model_tests(models: list[str], line: str) -> list[Target]:
    """The tests of these models.

    Raises:
        SystemExit: one has none, or is in a framework that the line does not have.
    """
    known = registered_models(ROOT)
    targets = []
    for model in models:
        if model not in known:
            sys.exit(f"error: there is no tests/models/{model}; models_changed.txt lists the models that have tests")
        adapted = known[model].framework != "torch"
        tests = known[model].tests if adapted else known[model].tests.parent
        if adapted and line not in known[model].lines:
            sys.exit(f"error: the line {line} has PyTorch alone; this judges {model}: ./run_tests --line 4.57 {model}")
        inputs = _ADAPTED_FILES if adapted else (str(tests.relative_to(ROOT)),)
        options = () if adapted else (f"--conformance-expected-failures={expected_failures_file()}",)
        targets.append(Target(model, str(tests.relative_to(ROOT)), inputs, options, upstream=True))
    return targets


def own_models(places: list[str]) -> list[Target]:
    """The tests of a user's own models, each `file.py:ConfigClass:ModelClass:layout`."""
    targets = []
    for place in places:
        file, *classes, layout = place.rsplit(":", 3)
        if len(classes) != 2 or not Path(file).is_file() or layout not in LAYOUTS:
            sys.exit(
                f"error: {place} is not FILE:CONFIG:MODEL:LAYOUT, a Python file, the names of two classes in it, and "
                f"how channels of a head pair up: {' or '.join(LAYOUTS)}"
            )
        options = (f"--conformance-model={Path(file).resolve()}:{':'.join(classes)}:{layout}",)
        targets.append(Target(classes[1], "tests/own_model.py", (), options, upstream=False))
    return targets


# What reports and plugins nobody reads cost a fifth of a run; a shorter traceback parses its sources for every frame.
_BARE = ("-p", "transformers_conformance.core.plugin", "-p", "no:logging", "-p", "no:cacheprovider", "--tb=native")
# What every model's tests import, in the end: `torch.compile` and flex attention are some seconds' worth of it.
_SHARED = (
    "transformers.modeling_layers",
    "transformers.modeling_utils",
    *(f"transformers_conformance.{topic}.testing" for topic in TOPICS),
    "torch._dynamo.backends.debugging",
    "torch._inductor.ir",
)


# What all models' tests depend on beside the Transformers under test.
_SHARED_FILES = (
    "conformance/src",
    "tests/models/conftest.py",
    "tests/adapted/conftest.py",
    "pyproject.toml",
    "utils/runner",
)
# What the tests in other frameworks than PyTorch are made of.
_ADAPTED_FILES = ("tests/adapted", "tests/frameworks/frameworks.py", "tests/models/roformer")


def variables_of(subject: Subject) -> dict[str, str]:
    """One thread a process; without bytecode, the import alone would take ten seconds."""
    variables = os.environ | {
        "OMP_NUM_THREADS": "1",
        "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "pycache"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    if subject.in_front:
        paths = str(subject.path), variables.get("PYTHONPATH")
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return variables


def records_of(subject: Subject, environment: Path, variables: dict[str, str]) -> Records:
    common = common_inputs(environment, _SHARED_FILES, variables, *([subject.path] if subject.in_front else ()))
    return Records(RECORDS / subject.name, subject.package, common)


@dataclass(frozen=True)
class Judge:
    """Judges models of one Transformers.

    Args:
        selection: the options of pytest that select tests; empty if all run.
        exceptions: what is known to break.
        records: of earlier runs, if they count at all.
        fresh: whether models run although nothing changed since they passed.
        limit: how many seconds a model may take.
    """

    subject: Subject
    servers: ForkServers
    selection: tuple[str, ...]
    exceptions: list[dict]
    records: Records | None
    fresh: bool
    limit: float

    def partial(self, target: Target) -> bool:
        """Whether results are of a selection of tests, or of no model of Transformers."""
        return bool(self.selection) or not target.upstream

    def outcome(self, target: Target) -> Outcome:
        """What a run of a model's tests gives, or gave, where nothing changed since."""
        if target.upstream and not self.subject.has(target.name):
            return Outcome(target.name, absent=True)
        results = self.subject.results_of(target.name, self.partial(target))
        if self.records is None:
            outcome, _ = self._run(target, results)
            return outcome
        # Before they run: who changes them meanwhile runs them again.
        tests = digest_of(*(ROOT / file for file in target.inputs))

        def inputs(found: dict) -> list:
            return [tests, places_of(self.exceptions, found["models"], self.subject.build)]

        before = None if self.fresh else self.records.find(target.name, inputs)
        if before and results.exists() and digest_of(results) == before["results"]:
            return replace(Outcome(**before["outcome"]), as_before=True)
        self.records.forget(target.name)
        outcome, loaded = self._run(target, results)
        if outcome.status == "passed":
            models = sorted({line["model"] for line in read_lines(results)})
            found = {"outcome": asdict(outcome), "models": models, "results": digest_of(results)}
            self.records.keep(target.name, found, inputs(found), loaded)
        return outcome

    def _run(self, target: Target, results: Path) -> tuple[Outcome, tuple[Path, ...]]:
        """Run one model's tests in a process of their own; returns the files of all modules that it loaded, too."""
        logs = self.subject.logs
        report, partial = logs / f"{target.name}.xml", logs / f"{target.name}.partial"
        for file in (report, partial, results):
            file.unlink(missing_ok=True)
        options = (f"--conformance-results={partial}", f"--conformance-build={self.subject.build}", *target.options)
        arguments = [target.tests, *_BARE, f"--junit-xml={report}", *options, *self.selection]
        start = time.monotonic()
        with self.servers.one() as server:
            run = server.run(arguments, {}, logs / f"{target.name}.log", self.limit)
        seconds = time.monotonic() - start
        if run.timed_out or run.status not in (0, 1, 5) or not report.exists():  # 5: nothing was selected
            return Outcome(target.name, seconds=seconds, broken=True, timed_out=run.timed_out), ()
        partial.touch()  # a run without one result is whole, too
        partial.replace(results)
        return counted(target.name, report, read_lines(results), seconds), run.loaded


def read_lines(results: Path) -> list[dict]:
    return [json.loads(line) for line in results.read_text().splitlines()]


def counted(model: str, report: Path, lines: list[dict], seconds: float) -> Outcome:
    """What pytest's report and the results of a run add up to."""
    count = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in ElementTree.parse(report).getroot():
        count = {name: count[name] + int(suite.get(name, 0)) for name in count}
    failed = count["failures"] + count["errors"]
    return Outcome(
        model,
        passed=max(count["tests"] - failed - count["skipped"], 0),
        known=sum(line["known"] is not None for line in lines),
        failed=failed,
        skipped=count["skipped"],
        not_applicable=sum(line["status"] == "not-applicable" for line in lines),
        seconds=seconds,
    )


def miscounted(python: Path, subject: Subject, models: list[str], whole: bool) -> list[str]:
    """What is off in the expected failures of models that were judged in full."""
    files = [file for model in models if (file := subject.results_of(model, selection=False)).exists()]
    command = [python, "-m", "runner.known", "check", subject.name, *files, *(["--whole"] if whole else [])]
    done = subprocess.run(command, cwd=ROOT / "utils", stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, COUNTS_ARE_OFF):
        sys.exit("error: expected failures cannot be counted; what python says above is why")
    return done.stdout.splitlines() if done.returncode else []
