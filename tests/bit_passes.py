"""What one Transformers makes of the passes of a model that R7 compares, and whether it is right in them.

Runs in a process that has imported it: `main(["record", MODEL, FILE])` writes what each pass gave, and
`main(["judge", MODEL, FILE, PASS...])` the rules that it breaks in some, as JSON.
"""

import hashlib
import importlib.util
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import transformers
from transformers_conformance.rope import PROPERTIES, ConformanceError, Description
from transformers_conformance.rope.case import Case
from transformers_conformance.rope.frequencies import NoTableError
from transformers_conformance.rope.sizes import VOCAB_SIZE
from transformers_conformance.rope.tiny import build_model
from transformers_conformance.testing import RotaryNdimsOddTestMixin


ROOT = Path(__file__).resolve().parents[1]
HEAD_DIMS = (4, 8)
# A full head and a part of one: where RoPE code has two ways, they are these.
WIDTHS = (8, 4)
# The properties of what a model computes in one pass; others judge what it refuses, keeps or says.
COMPUTED = (
    "forward", "frequencies", "scaled", "scaling_options", "rotation", "passing", "norms", "shift", "positions",
    "heads",
)  # fmt: skip
ROWS, TOKENS, PADDING = 2, 9, 3


def main(arguments: list[str]) -> None:
    transformers.logging.set_verbosity_error()
    command, model, file, *names = arguments
    if command == "record":
        found = {name: one.result() for name, one in passes(model)}
    else:
        found = {name: one.broken_rule() for name, one in passes(model) if name in names}
    Path(file).write_text(json.dumps(found))


@dataclass(frozen=True)
class Pass:
    """A pass of a tiny model, forward and backward.

    Args:
        precision: "float32", "bfloat16" (built in it) or "autocast" (of a model in float32, to bfloat16).
    """

    description: Description
    case: Case
    precision: str

    def result(self) -> dict[str, str] | str:
        """A digest of each tensor that it gives, by its name; or else, what it raised."""
        autocast = torch.autocast("cpu", torch.bfloat16) if self.precision == "autocast" else nullcontext()
        dtype = torch.bfloat16 if self.precision == "bfloat16" else torch.float32
        torch.manual_seed(0)
        try:
            with autocast:
                tensors = outputs_and_gradients(self.description, self.case, dtype)
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:200]}"
        return {name: digest(value) for name, value in tensors.items()}

    def broken_rule(self) -> str | None:
        """The first rule that this Transformers breaks in it, as the conformance checks see it, or None."""
        for name in (*COMPUTED, "precision") if self.precision == "bfloat16" else COMPUTED:
            prop = PROPERTIES[name]
            asked = self.case.rope_type in prop.rope_types and prop.asks(self.description, self.case.rope_type)
            if asked and not prop.not_applicable(self.description):
                try:
                    prop.check(self.description, self.case)
                except ConformanceError as error:
                    # A table for each layer type, which no check reads: whether it is right, `rotation` tells.
                    if not isinstance(error.__cause__, NoTableError):
                        return prop.rule
        return None


def passes(model: str) -> Iterator[tuple[str, Pass]]:
    """All that are compared of a model, by name: every even width and every precision in the default type, and every
    scaled type and option of it in float32."""
    for description in descriptions(model):
        every = [(head_dim, n) for head_dim in HEAD_DIMS for n in range(2, head_dim + 1, 2)]
        few = [(HEAD_DIMS[-1], n) for n in WIDTHS]
        asked = [("default", "float32", every), ("default", "bfloat16", few), ("default", "autocast", few)]
        asked += [(rope_type, "float32", few) for rope_type in description.supported_rope_types]
        for rope_type, precision, widths in asked:
            for head_dim, n in widths:
                for case in description.cases(head_dim, n, rope_type):
                    said = f"{rope_type} head_dim={head_dim} n={n} ({case.value}), {precision}"
                    yield f"{description.model_class.__name__} {said}", Pass(description, case, precision)


def descriptions(model: str) -> Iterator[Description]:
    """What a model is, from the classes that its tests describe it with."""
    path = ROOT / "tests" / "models" / model / f"test_modeling_{model}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for _, tests in inspect.getmembers(module, inspect.isclass):
        if issubclass(tests, RotaryNdimsOddTestMixin) and tests is not RotaryNdimsOddTestMixin:
            yield tests.rotary_description()


def outputs_and_gradients(description: Description, case: Case, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """What a pass over rows of tokens gives, the second padded on the left, and the gradients of all parameters."""
    model = build_model(description, case, dtype=dtype)
    generator = torch.Generator().manual_seed(1)
    input_ids = torch.randint(4, VOCAB_SIZE, (ROWS, TOKENS), generator=generator)
    mask = torch.ones_like(input_ids)
    mask[1, :PADDING] = 0
    given = {
        "attention_mask": mask,
        "position_ids": (mask.cumsum(-1) - 1).clamp(min=0),
        "output_hidden_states": True,
        "output_attentions": True,
    }
    takes = taken(description)
    outputs = model(input_ids=input_ids, **{name: value for name, value in given.items() if takes(name)})
    tensors = {f"output {name}": value for name, value in flatten(outputs)}
    weigh = [torch.linspace(-1, 1, value.numel()).view_as(value) for value in tensors.values()]
    loss = sum((value * weights).sum() for value, weights in zip(tensors.values(), weigh, strict=True))
    loss.backward()
    return tensors | {f"gradient {name}": p.grad for name, p in model.named_parameters() if p.grad is not None}


def taken(description: Description) -> Callable[[str], bool]:
    """Tells whether a pass of the model takes an argument."""
    model_class = description.entered_class if description.layers_alone else description.model_class
    parameters = inspect.signature(model_class.forward).parameters
    any_other = any(x.kind is x.VAR_KEYWORD for x in parameters.values())
    return lambda name: any_other or name in parameters


def flatten(value: Any, name: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """Every floating-point tensor of a model's output, with where it stands."""
    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            yield name, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from flatten(part, f"{name}.{key}")
    elif isinstance(value, (tuple, list)):
        for index, part in enumerate(value):
            yield from flatten(part, f"{name}.{index}")


def digest(value: torch.Tensor) -> str:
    """Equal for two tensors of a type where `torch.equal` says so, to which both zeros are one; NaN equals nothing."""
    value = value.detach()
    if value.isnan().any():
        return "NaN"
    content = (value + 0.0).contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    return hashlib.sha256(f"{value.dtype} {tuple(value.shape)} ".encode() + content).hexdigest()[:16]
