"""`python -m discovery.recall`: compares the rules of discovery with the definitions that rotate when models run.

It runs tiny models of upstream and follows their tensors (`provenance`). It does not look at their code, so it can
show what the rules miss. The models must come from a pristine release, which must precede the fork in the import path:
`make recall` sets this path.
"""

import contextlib
import gc
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

import torch
import typer

import transformers
from overlay.errors import OverlayError, run
from overlay.layout import DEFAULT_RELEASE, Layout
from overlay.upstream import PACKAGE
from transformers_conformance.harness import positions
from transformers_conformance.harness.probe import Probe, run_model
from transformers_conformance.rope.discovery import NoDescriptionError, describe, model_classes, rope_models
from transformers_conformance.rope.spec import RotarySpec

from .coverage import pristine_tree
from .provenance import Rotations
from .rules.rope import ROPE
from .scan import FoundDefinition, find


Places = set[tuple[str, str]]  # definitions, by file and dotted name
HEAD_DIM = 8
WIDTHS = (4, 8)  # channels of a head that rotate

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def recall(
    models: Annotated[list[str] | None, typer.Argument(help="Models; all that have RoPE if none is named.")] = None,
    release: Annotated[str, typer.Option(envvar="TRANSFORMERS_UPSTREAM")] = DEFAULT_RELEASE,
) -> None:
    """Say which share of the definitions that rotate in a pass is found by discovery, and what each rule adds."""
    layout = Layout()
    package = Path(transformers.__file__).parent
    if package != layout.upstream(release) / PACKAGE:
        raise OverlayError(
            "this is not the pristine release", way_out="run `make recall`", file=package, release=release
        )
    found = find(pristine_tree(layout, release), ROPE)
    ran: Places = set()
    silent = []
    for model in models or rope_models():
        seen = rotating(model, package)
        ran |= seen
        if not seen:
            silent.append(model)
        print(f"{model}: {len(seen)} definitions", file=sys.stderr)
    for line in report(found, ran):
        print(line)
    if silent:
        print(f"no class of these models ran and rotated: {', '.join(silent)}")


def rotating(model: str, package: Path) -> Places:
    """The definitions that take part in a rotation when the tiny classes of a model run; empty if none runs."""
    seen: Places = set()
    done = set()
    for model_class, config_class, input_adapter in model_classes(model):
        if model_class not in done:
            spec = RotarySpec(config_class, model_class, "half-split", input_adapter=input_adapter)
            if of_class := _rotating_in(spec, package):
                done.add(model_class)
                seen |= of_class
    if not seen:
        with contextlib.suppress(NoDescriptionError):
            seen = _rotating_in(describe(model), package)
    return seen


def _rotating_in(spec: RotarySpec, package: Path) -> Places:
    seen: Places = set()
    for width in WIDTHS:
        # Any error: without more config keywords, most classes cannot be built, or they refuse a width.
        with contextlib.suppress(Exception), Rotations(package) as rotations, torch.no_grad():
            probed = Probe(spec, spec.cases_of(HEAD_DIM, width)[0])
            run_model(probed.model, probed.input_ids, positions.gapped(), keeps_cache=False)
            seen |= rotations.found
    gc.collect()  # the kept calls and their tensors refer to each other, so that only this frees them
    return seen


def report(found: Collection[FoundDefinition], ran: Places) -> Iterator[str]:
    """Yields what each rule finds in the release and among the definitions that ran, and what no rule finds.

    Args:
        found: the definitions that the rules find in the release.
        ran: the definitions that took part in rotations.
    """
    in_passes = [one for one in found if one.place in ran]
    counts = [(_by_rule(of), _by_one_rule_alone(of)) for of in (found, in_passes)]
    yield f"{'':45}  in the release    in passes"
    yield f"{'rule':45}  finds  alone    finds  alone"
    for rule in ROPE.rules([]):
        numbers = [f"{counter[rule.name]:5}" for pair in counts for counter in pair]
        yield f"{rule.name:45}  {numbers[0]}  {numbers[1]}    {numbers[2]}  {numbers[3]}"
    missed = sorted(ran - {one.place for one in found})
    if ran:
        share = f"{100 * len(in_passes) / len(ran):.1f} %"
        yield f"{len(ran)} definitions took part in rotations; the rules find {len(in_passes)} of them ({share})"
    yield from (f"no rule finds {file}::{name}" for file, name in missed)


def _by_rule(found: Collection[FoundDefinition]) -> Counter[str]:
    return Counter(rule for one in found for rule in one.rules)


def _by_one_rule_alone(found: Collection[FoundDefinition]) -> Counter[str]:
    return Counter(one.rules[0] for one in found if len(one.rules) == 1)


if __name__ == "__main__":
    run(app)
