"""R7: what pristine upstream does rightly, the fork does bit for bit.

Every model of models_changed.txt, and one of each other family whose rotation is replaced, runs on pristine and on the
fork, at even widths of even heads, under every rope type that its config can be asked for, forward and backward: in
float32, built in bfloat16, and in float32 under autocast, where heads are narrower than the table. Where pristine
passes the conformance checks, all outputs, hidden states, attention weights and gradients must be equal by
`torch.equal`; where it does not, the rule that it breaks is printed and nothing is compared. Exit status 1 if a bit
differs, or nothing was compared of some model.
"""

import argparse
import importlib.util
import inspect
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path


ROOT = Path(__file__).resolve().parents[1]
HEAD_DIMS = (4, 8)
# Models without tests of their own, and what describes each beside its automatic classes.
FAMILIES = {
    "cohere": {},
    "ernie4_5": {},
    "helium": {},
    "modernbert": {
        "config_overrides": {
            "rope_parameters": {
                layer_type: {"rope_type": "default", "rope_theta": 100.0}
                for layer_type in ("full_attention", "sliding_attention")
            }
        },
        "rope_types": (),
    },
    "olmo": {},
}
# The properties of what a model computes in one pass; others judge what it refuses, keeps or says.
COMPUTED = (
    "forward", "frequencies", "scaled", "scaling_options", "rotation", "passing", "norms", "shift", "positions",
    "heads",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="model", help="only these (default: all)")
    parser.add_argument("--release", default="5.23.0", help="the upstream release (default: %(default)s)")
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)  # what the two child processes are told
    arguments = parser.parse_args()
    models = arguments.models or [*(ROOT / "models_changed.txt").read_text().split(), *FAMILIES]
    if arguments.record:
        record(models, arguments.record)
        return 0
    trees = {
        "pristine": ROOT / "build" / "upstream" / arguments.release,
        "fork": ROOT / "build" / "fork" / arguments.release / "src",
    }
    with tempfile.TemporaryDirectory() as folder:
        children = []
        for build, tree in trees.items():
            if not (tree / "transformers").is_dir():
                sys.exit(f"error: {tree.relative_to(ROOT)} is missing; ./run_tests makes it")
            command = [sys.executable, __file__, *models, "--record", f"{folder}/{build}.pt"]
            environment = os.environ | {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
            children.append(subprocess.Popen(command, env=environment))
        if sum(child.wait() != 0 for child in children):
            return 1
        return compare(*(Path(folder) / f"{build}.pt" for build in trees))


def record(models: list[str], path: Path) -> None:
    """Run every case with the Transformers that is imported here, and save what each gave, or the rule it breaks."""
    import torch

    import transformers

    transformers.logging.set_verbosity_error()
    found = {}
    for model in models:
        for name, description, case in cases(model):
            broken = broken_rule(description, case, COMPUTED)
            narrow = broken or broken_rule(description, case, ("precision",))
            found[f"{name}, float32"] = broken or run(description, case)
            found[f"{name}, bfloat16"] = narrow or run(description, case, dtype=torch.bfloat16)
            with torch.autocast("cpu", torch.bfloat16):
                found[f"{name}, autocast"] = broken or run(description, case)
    torch.save(found, path)


def cases(model: str) -> Iterator[tuple]:
    """The even cases of one model."""
    for description in descriptions(model):
        for rope_type in ("default", *description.supported_rope_types):
            for head_dim in HEAD_DIMS:
                for n in range(2, head_dim + 1, 2):
                    for case in description.cases(head_dim, n, rope_type):
                        yield f"{model} {rope_type} head_dim={head_dim} n={n} ({case.value})", description, case


def descriptions(model: str) -> Iterator:
    """What a model is, from the classes that its tests describe it with, or else from its automatic classes."""
    from transformers import CONFIG_MAPPING, MODEL_MAPPING
    from transformers_conformance.rope import Description, detect_layout
    from transformers_conformance.testing import RotaryNdimsOddTestMixin

    if model in FAMILIES:
        config_class = CONFIG_MAPPING[model]
        description = Description(config_class, MODEL_MAPPING[config_class], "half-split", **FAMILIES[model])
        yield replace(description, layout=detect_layout(description))
        return
    path = ROOT / "tests" / "models" / model / f"test_modeling_{model}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for _, tests in inspect.getmembers(module, inspect.isclass):
        if issubclass(tests, RotaryNdimsOddTestMixin) and tests is not RotaryNdimsOddTestMixin:
            yield tests.rotary_description()


def broken_rule(description, case, properties: Iterable[str]) -> str | None:
    """The rule of the first of the properties that this Transformers breaks for a case, or None."""
    from transformers_conformance.rope import PROPERTIES, ConformanceError
    from transformers_conformance.rope.frequencies import NoTableError

    for name in properties:
        prop = PROPERTIES[name]
        judged_here = case.rope_type in prop.rope_types and not prop.not_applicable(description)
        if judged_here and prop.asks(description, case.rope_type):
            try:
                prop.check(description, case)
            except ConformanceError as error:
                # A table for each layer type, which no check reads: whether it is right, `rotation` tells.
                if not isinstance(error.__cause__, NoTableError):
                    return prop.rule
    return None


def run(description, case, **options) -> dict:
    """Outputs and parameter gradients of one pass over two rows of tokens, the second padded on the left, of a model
    built with `options`."""
    import torch

    from transformers_conformance.rope.sizes import VOCAB_SIZE
    from transformers_conformance.rope.tiny import build_model

    model = build_model(description, case, **options)
    generator = torch.Generator().manual_seed(1)
    input_ids = torch.randint(4, VOCAB_SIZE, (2, 9), generator=generator)
    mask = torch.ones_like(input_ids)
    mask[1, :3] = 0
    position_ids = (mask.cumsum(-1) - 1).clamp(min=0)
    outputs = model(
        input_ids=input_ids,
        attention_mask=mask,
        position_ids=position_ids,
        output_hidden_states=True,
        output_attentions=True,
    )
    tensors = {f"output {name}": value for name, value in flatten(outputs)}
    weigh = [torch.linspace(-1, 1, value.numel()).view_as(value) for value in tensors.values()]
    loss = sum((value * weights).sum() for value, weights in zip(tensors.values(), weigh, strict=True))
    loss.backward()
    gradients = {f"gradient {name}": p.grad for name, p in model.named_parameters() if p.grad is not None}
    return {name: value.detach() for name, value in (tensors | gradients).items()}


def flatten(value, name: str = "") -> Iterator[tuple]:
    """Every floating-point tensor of a model's output, with where it stands."""
    import torch

    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            yield name, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from flatten(part, f"{name}.{key}")
    elif isinstance(value, (tuple, list)):
        for index, part in enumerate(value):
            yield from flatten(part, f"{name}.{index}")


def compare(pristine_path: Path, fork_path: Path) -> int:
    import torch

    pristine, fork = torch.load(pristine_path), torch.load(fork_path)
    compared, tensors, wrong, different = dict.fromkeys((name.split()[0] for name in pristine), 0), 0, {}, []
    for name, before in pristine.items():
        after = fork[name]
        if isinstance(before, str):
            wrong.setdefault((name.split()[0], before), []).append(name)
            continue
        compared[name.split()[0]] += 1
        if isinstance(after, str):
            different.append(f"{name}: the fork breaks {after}, pristine does not")
            continue
        tensors += len(before)
        unequal = [key for key in before.keys() | after.keys() if not same(before.get(key), after.get(key))]
        different += [f"{name}: {key}" for key in sorted(unequal)]
    for (model, rule), names in wrong.items():
        print(f"pristine breaks {rule} in {len(names)} cases of {model}, e.g. {names[0]}: not compared")
    for line in different:
        print(f"DIFFERENT {line}")
    for model in (model for model, count in compared.items() if not count):
        print(f"NOTHING COMPARED of {model}")
    print(f"{sum(compared.values())} cases compared, {tensors} tensors, {len(different)} different")
    return int(bool(different) or not min(compared.values(), default=0))


def same(before, after) -> bool:
    import torch

    return before is not None and after is not None and before.dtype == after.dtype and torch.equal(before, after)


if __name__ == "__main__":
    sys.exit(main())
