"""R7: what pristine upstream does rightly, the fork does bit for bit.

Every model that a release is judged by runs on pristine and on the fork, at even widths of even heads, under every
rope type that its config can be asked for, forward and backward, over padded rows at positions that are given and over
rows whose positions it counts; of a part that rotates by coordinates, its table and its attention do. In float32, and
where heads are narrower than the table, too, built in bfloat16 and in float32 under autocast. All outputs, hidden
states, attention weights and gradients must be equal by `torch.equal`. Where they are not, and pristine raises or does
not pass the conformance checks there, the rule that it breaks is printed. Exit status 1 if a bit differs otherwise, or
nothing was equal of a model of which something turns by position.

What ran before and did not change is not run again. Needs `utils` on the import path.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from registry import listed_models, registered_models
from runner.fork_server import ForkServers
from runner.inputs import common_inputs
from runner.records import Records, digest_of

from overlay.layout import DEFAULT_RELEASE, Layout


# What all passes depend on beside the Transformers that runs them.
_SHARED_FILES = ("conformance/src", "tests/parity_passes.py", "utils/registry.py", "utils/runner/fork_server.py")
# How what refuses a config begins; whatever else a pass raises breaks R6, whether or not a check runs the model.
_REFUSALS = ("ValueError", "StrictDataclass")
_SHARED = ("transformers.modeling_utils", "transformers_conformance.rope.testing")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "models", nargs="*", metavar="model", help="only these (default: all that the release is judged by)"
    )
    parser.add_argument("--release", default=DEFAULT_RELEASE, help="the upstream release (default: %(default)s)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), metavar="N", help="models at a time")
    parser.add_argument("--no-cache", action="store_true", help="run what ran before and did not change, too")
    arguments = parser.parse_args()
    layout, release = Layout(), arguments.release
    if unknown := set(arguments.models) - registered_models(layout.root).keys():
        sys.exit(f"error: there is no tests/models/{', '.join(sorted(unknown))}")
    fork = Build(layout, f"{release}-fork", layout.source(release), arguments.no_cache)
    pristine = Build(layout, f"{release}-pristine", layout.upstream(release), arguments.no_cache)
    models = arguments.models or listed_models(layout.root, release)
    after = {}
    with fork.running(), ThreadPoolExecutor(arguments.jobs) as pool:
        for model, found in zip(models, pool.map(fork.passes, models), strict=True):
            after[model] = found
            print(f"[{len(after)}/{len(models)}] {model} ran on the fork", flush=True)
    comparisons = []
    with pristine.running(), ThreadPoolExecutor(arguments.jobs) as pool:
        for one in pool.map(lambda model: compared(model, pristine, after[model]), models):
            comparisons.append(one)
            print(f"[{len(comparisons)}/{len(models)}] {one.summary()}", flush=True)
    return report(comparisons)


class Build:
    """Runs the passes of models on one Transformers, or takes what they gave before.

    Raises:
        SystemExit: it is not there.
    """

    def __init__(self, layout: Layout, name: str, tree: Path, fresh: bool):
        package = tree / "transformers"
        if not package.is_dir():
            sys.exit(f"error: {tree} is missing; ./run_tests makes it")
        self._root = layout.root
        self._logs = layout.build / "logs" / f"{name}-parity"
        self._logs.mkdir(parents=True, exist_ok=True)
        tests = Path(__file__).parent  # `parity_passes` is there
        paths = (str(tree), str(tests), str(tests.parent / "utils"), os.environ.get("PYTHONPATH"))
        self._variables = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"}
        self._fresh = fresh
        environment = Path(sys.executable).parents[1]
        self._records = Records(
            layout.build / "records" / f"{name}-parity",
            package,
            common_inputs(environment, _SHARED_FILES, self._variables),
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        self._servers = ForkServers(Path(sys.executable), "parity_passes:main", _SHARED, self._root, self._variables)
        yield
        self._servers.close()

    def passes(self, model: str) -> dict[str, Any]:
        """What each pass of a model gave, as `Pass.result` says."""
        return self._run("record", model, [])

    def broken_rules(self, model: str, names: list[str]) -> dict[str, str | None]:
        """The rule that each of these passes breaks, or None."""
        return self._run("judge", model, names)

    def _run(self, command: str, model: str, names: list[str]) -> dict[str, Any]:
        name = f"{model}-{command}"
        own = [digest_of(self._root / "tests" / "models" / model), names]
        before = None if self._fresh else self._records.find(name, lambda found: own)
        if before is not None:
            return before
        file, log = self._logs / f"{name}.json", self._logs / f"{name}.log"
        file.unlink(missing_ok=True)
        with self._servers.one() as server:
            run = server.run([command, model, file, *names], {}, log)
        if run.status:
            print(f"error: the passes of {model} cannot be run: see {log.relative_to(self._root)}", file=sys.stderr)
            return {} if names else {"all passes": "cannot be run"}
        found = json.loads(file.read_text())
        self._records.keep(name, found, own, run.loaded)
        return found


@dataclass
class ParityComparison:
    """Of one model.

    Args:
        equal: passes that gave the same.
        tensors: in these.
        wrong: passes in which pristine breaks a rule, by the rule, and the fork gives something else.
        failing: passes that come to nothing on both, by how they end on pristine, though it breaks no rule there.
        different: what differs elsewhere, a sentence each.
    """

    model: str
    equal: int = 0
    tensors: int = 0
    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    failing: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    different: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there was a pass, and nothing of it was equal."""
        return not self.equal and bool(self.wrong or self.failing or self.different)

    def summary(self) -> str:
        wrong = sum(map(len, self.wrong.values()))
        return f"{self.model}: {self.equal} passes equal, {wrong} wrong on pristine, {len(self.different)} different"


def compared(model: str, pristine: Build, after: Mapping[str, Any]) -> ParityComparison:
    """What the fork gave, held against pristine."""
    before = pristine.passes(model)
    found = ParityComparison(model)
    unequal = []
    for name in before.keys() | after.keys():
        if differences(before.get(name), after.get(name)):
            unequal.append(name)
        else:
            found.equal += 1
            found.tensors += len(before[name])
    rules = pristine.broken_rules(model, sorted(unequal)) if unequal else {}
    for name in sorted(unequal):
        if rules.get(name):
            found.wrong[rules[name]].append(name)
        elif isinstance(before.get(name), str) and isinstance(after.get(name), str):
            found.failing[before[name]].append(name)
        elif isinstance(before.get(name), str) and not before[name].startswith(_REFUSALS):
            found.wrong["R6"].append(name)
        else:
            found.different += [f"{name}: {said}" for said in differences(before.get(name), after.get(name))]
    return found


def differences(before: Mapping | str | None, after: Mapping | str | None) -> list[str]:
    """In what a pass differs; none if all its tensors are equal, and it has any.

    Args:
        before, after: what it gave, as `Pass.result` says; None if it was not run.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = before.keys() | after.keys()
        unequal = sorted(name for name in names if before.get(name) != after.get(name))
        return unequal if names else ["no tensors"]
    told = [f"{build} {_told(gave)}" for build, gave in (("pristine", before), ("the fork", after))]
    return [", ".join(told)]


def _told(gave: Mapping | str | None) -> str:
    if gave is None:
        return "has no such pass"
    return "runs" if isinstance(gave, Mapping) else f"ends with {gave}"


def report(comparisons: list[ParityComparison]) -> int:
    """Prints what stands out; returns the exit status."""
    print()
    for one in comparisons:
        for rule, names in one.wrong.items():
            print(f"pristine breaks {rule} in {len(names)} passes of {one.model}, e.g. {names[0]}")
        for ended, names in one.failing.items():
            print(f"neither gives numbers in {len(names)} passes of {one.model}, e.g. {names[0]}: {ended}")
    for one in comparisons:
        for line in one.different:
            print(f"DIFFERENT {one.model}: {line}")
    for one in comparisons:
        if one.empty:
            print(f"NOTHING EQUAL of {one.model}")
        elif not one.equal:
            print(f"nothing of {one.model} turns by position")
    equal, tensors = sum(one.equal for one in comparisons), sum(one.tensors for one in comparisons)
    different = sum(len(one.different) for one in comparisons)
    print(f"\n{len(comparisons)} models, {equal} passes and {tensors} tensors equal, {different} different")
    return int(bool(different or any(one.empty for one in comparisons)))


if __name__ == "__main__":
    sys.exit(main())
