"""Older forms of configs: on the fork of 5.x, a 4.x config means the same as in the release that it was written for.

For every model that both lines have, configs state their rotation in each form that the 4.x releases take: flat
keys, `type` and `rope_type`, in a file, as attributes set later, lengths in either place, two kinds of layers.
The rotation of each layer is measured on queries, on the older release as upstream ships it and on the fork. If the
two differ, the formulas of the papers in float64 decide. The exit status is 1 if the fork is wrong, if the two differ
and there is no formula, or if nothing of a model could be compared.

Needs `utils` on the import path.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import form_tables
from environment import install_release
from registry import listed_models

from overlay.layout import DEFAULT_RELEASE, Layout


OLDER_RELEASE = "4.57.6"
UTILS = Path(__file__).resolve().parents[1] / "utils"
_BATCH = 12  # models that share one import of a release
U = 2.0**-24  # unit roundoff of float32
# Forms that must differ, as (model, form), each with the reason.
_SHORT_TABLE = "the table of Idefics in 4.57.6 is as long as the row, and later positions crash"
_NEEDS_SCALING = "Mllama of 4.57.6 cannot be built without `rope_scaling`"
_ONE_BASE = "in 4.57.6, ModernBERT's decoder rotates all layers with one base and ignores `local_rope_theta`"
EXPECTED: Mapping[tuple[str, str], str] = {
    ("idefics", "base"): _SHORT_TABLE,
    ("idefics", "base, in a file"): _SHORT_TABLE,
    ("idefics", "base, set later"): _SHORT_TABLE,
    ("mllama", "base"): _NEEDS_SCALING,
    ("mllama", "base, in a file"): _NEEDS_SCALING,
    ("mllama", "base, set later"): _NEEDS_SCALING,
    ("modernbert_decoder", "two bases"): _ONE_BASE,
    ("modernbert_decoder", "two bases, scaled"): _ONE_BASE,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="model", help="only these (default: all that both lines have)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), metavar="N", help="models at a time")
    arguments = parser.parse_args()
    layout = Layout()
    both = [x for x in listed_models(layout.root, OLDER_RELEASE) if x in listed_models(layout.root, DEFAULT_RELEASE)]
    if unknown := set(arguments.models) - set(both):
        sys.exit(f"error: not in both lines: {', '.join(sorted(unknown))}")
    folder = layout.build / "older_forms"
    folder.mkdir(parents=True, exist_ok=True)
    older, newer = install_release(OLDER_RELEASE), layout.source(DEFAULT_RELEASE)
    models = arguments.models or both

    def compared(batch: list[str]) -> list["FormsComparison"]:
        written, read = folder / f"{batch[0]}-written.json", folder / f"{batch[0]}-read.json"
        for path, command in ((older, ["write", written, *batch]), (newer, ["read", written, read])):
            if said := _run(path, command):
                return [FormsComparison(model, [f"cannot be run: {said}"]) for model in batch]
        before, after = (json.loads(file.read_text()) for file in (written, read))
        return [
            compare(model, *([x for x in records if x["model"] == model] for records in (before, after)))
            for model in batch
        ]

    batches = [models[start : start + _BATCH] for start in range(0, len(models), _BATCH)]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        comparisons: list[FormsComparison] = []
        for some in pool.map(compared, batches):
            for one in some:
                comparisons.append(one)
                print(f"[{len(comparisons)}/{len(models)}] {one.summary()}", flush=True)
    return report(comparisons)


def _run(path: Path, command: list[str | Path]) -> str | None:
    """Runs `form_tables` on one Transformers, and returns the last line of its error, or None."""
    variables = os.environ | {"PYTHONPATH": f"{path}{os.pathsep}{UTILS}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, form_tables.__file__, *map(str, command)], env=variables, capture_output=True, text=True
    )
    return (done.stderr.strip().splitlines() or ["no message"])[-1] if done.returncode else None


@dataclass
class FormsComparison:
    """The comparison of one model.

    Args:
        different: a sentence for each form that is wrong on the fork, or that differs without a formula.
        equal: the number of forms that are equal on both, and equal to the formula if there is one.
        wrong_before: forms that agree with the formula on the fork, but not on the older release.
        refused: the number of forms that both refuse.
        expected: forms that differ for a reason in `EXPECTED`, with the reason.
    """

    model: str
    different: list[str] = field(default_factory=list)
    equal: int = 0
    wrong_before: list[str] = field(default_factory=list)
    refused: int = 0
    expected: list[str] = field(default_factory=list)

    def summary(self) -> str:
        return (
            f"{self.model}: {self.equal} forms equal, {len(self.wrong_before)} wrong on {OLDER_RELEASE}, "
            f"{self.refused} refused on both, {len(self.different)} different"
        )


def compare(model: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> FormsComparison:
    """Compares the records of two releases, as `form_tables` writes them."""
    found = FormsComparison(model)
    newer = {(record["class"], record["form"]["name"]): record for record in after}
    for record in before:
        name = record["form"]["name"]
        other = newer.get((record["class"], name))
        if other is None:  # the newer release has no such class
            continue
        formula = record["formula"]
        right = agrees(formula and by_layers(formula, other["turned"]), other["turned"])
        if agrees(record["turned"], other["turned"]) and (formula is None or right):
            found.equal += 1
        elif formula is not None and right:
            found.wrong_before.append(name)
        elif record["turned"] is None and other["turned"] is None:
            found.refused += 1
        elif agrees(record["turned"], other["turned"]) and formula is not None:
            found.different.append(f"{name}: both releases differ from the formula")
        elif reason := EXPECTED.get((model, name)):
            found.expected.append(f"{name}: {reason}")
        else:
            problem = other["error"] or "turns by other angles"
            found.different.append(
                f"{name}: {' '.join(problem.split())} ({OLDER_RELEASE}: {record['error'] or 'runs'})"
            )
    seen = {text.split(": ")[0] for text in found.expected}
    stale = [name for expected, name in EXPECTED if expected == model and name not in seen]
    found.different += [f"{name}: expected to differ, and does not" for name in stale]
    return found


def by_layers(formula: list, turned: list | None) -> list | None:
    """The formula's values for each position, repeated for each measured layer."""
    if turned is None:
        return None
    layers = len(turned) // len(formula)
    return [one for one in formula for _ in range(layers)]


def agrees(expected: list | None, turned: list | None) -> bool:
    """Whether all layers turn by the same angles, up to the rounding of angles in float32.

    The error of an angle at position `p` is `p (3 + ln b) U`, from the frequency and the product. Cosine, sine, the
    products of the rotation and the sums of the measurement add some roundings, for which we allow 16.
    """
    if expected is None or turned is None or len(expected) != len(turned):
        return False
    positions = [p for p in form_tables.POSITIONS for _ in range(len(turned) // len(form_tables.POSITIONS))]
    for position, one, other in zip(positions, expected, turned, strict=True):
        tolerance = 2 * U * (16 + position * (3 + math.log(form_tables.BASE)))
        if len(one) != len(other):
            return False
        for wanted, got in zip(one, other, strict=True):
            factor = max(1.0, math.hypot(*wanted))
            if not math.dist(wanted, got) <= factor * tolerance:
                return False
    return True


def report(comparisons: list[FormsComparison]) -> int:
    """Prints the differences, and returns the exit status."""
    print()
    wrong: dict[str, list[str]] = defaultdict(list)
    for one in comparisons:
        for name in one.wrong_before:
            wrong[name].append(one.model)
    for name, models in sorted(wrong.items()):
        print(f"{OLDER_RELEASE} is wrong, the fork is right: {name}: {', '.join(models)}")
    for one in comparisons:
        for line in one.expected:
            print(f"expected {one.model}: {line}")
    for one in comparisons:
        for line in one.different:
            print(f"DIFFERENT {one.model}: {line}")
    equal = sum(one.equal for one in comparisons)
    before = sum(len(one.wrong_before) for one in comparisons)
    different = sum(len(one.different) for one in comparisons)
    print(
        f"\n{len(comparisons)} models, {equal} forms equal, {before} wrong on {OLDER_RELEASE}, {different} different"
    )
    return int(bool(different) or not equal)


if __name__ == "__main__":
    sys.exit(main())
