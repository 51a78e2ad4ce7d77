"""What one Transformers makes of the passes of a model that R7 compares, and whether it is right in them.

Runs in a process that has imported it: `main(["record", MODEL, FILE])` writes what each pass gave, and
`main(["judge", MODEL, FILE, PASS...])` the rules that it breaks in some, as JSON.
"""

import hashlib
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from registry import parts_of, registered_models

import transformers
from transformers_conformance.core.property import Property
from transformers_conformance.core.verdict import ConformanceError
from transformers_conformance.harness.sizes import VOCAB_SIZE
from transformers_conformance.harness.tiny import build_model
from transformers_conformance.rope import AXIAL, ROTARY, AxialRotarySpec, RotarySpec
from transformers_conformance.rope.case import Case
from transformers_conformance.rope.frequencies import NoTableError


HEAD_DIMS = (4, 8)
# A full head and a part of one: where RoPE code has two ways, they are these.
WIDTHS = (8, 4)
# The properties of what a model computes in one pass; others judge what it refuses, keeps or says.
COMPUTED = (
    "forward", "frequencies", "scaled", "scaling_options", "rotation", "passing", "norms", "shift", "positions",
    "heads", "softmax_scale",
)  # fmt: skip
COMPUTED_BY_COORDINATES = ("rotation", "far", "passing", "norms", "relative")
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
    """A pass of a tiny model, or of a part of one that rotates by coordinates, forward and backward.

    Args:
        precision: "float32", "bfloat16" (built in it) or "autocast" (of a model in float32, to bfloat16).
        counted: whether positions are left for the model to count, over rows without padding.
    """

    description: RotarySpec | AxialRotarySpec
    case: Case
    precision: str
    counted: bool = False

    @property
    def _tower(self) -> bool:
        return isinstance(self.description, AxialRotarySpec)

    def result(self) -> dict[str, str] | str:
        """A digest of each tensor that it gives, by its name; or else, what it raised, or which of them hold NaN."""
        autocast = torch.autocast("cpu", torch.bfloat16) if self.precision == "autocast" else nullcontext()
        dtype = torch.bfloat16 if self.precision == "bfloat16" else torch.float32
        torch.manual_seed(0)
        try:
            with autocast:
                if self._tower:
                    tensors = what_a_tower_gives(self.description, self.case, dtype)
                else:
                    tensors = what_a_model_gives(self.description, self.case, dtype, self.counted)
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:200]}"
        if none := [name for name, value in tensors.items() if value.isnan().any()]:
            return f"NaN in {len(none)} of {len(tensors)} tensors, e.g. {none[0]}"
        return {name: digest(value) for name, value in tensors.items()}

    def broken_rule(self) -> str | None:
        """The first rule that this Transformers breaks in it, as the conformance checks see it, or None."""
        for prop in self._judges():
            rope_type = self.case.rope_type
            asked = any(axes["rope_type"] == rope_type for axes in prop.configurations)
            asked = asked and prop.asks(self.description, {"rope_type": rope_type})
            if asked and not prop.excluded(self.description):
                try:
                    prop.check(self.description, self.case)
                except ConformanceError as error:
                    # A table for each layer type, which no check reads: whether it is right, `rotation` tells.
                    if not isinstance(error.__cause__, NoTableError):
                        return prop.rule
        return None

    def _judges(self) -> list[Property]:
        narrow = self.precision == "bfloat16"
        if self._tower:
            names = (*COMPUTED_BY_COORDINATES, "cast") if narrow else COMPUTED_BY_COORDINATES
            return [AXIAL.properties[f"coordinate_{name}"] for name in names]
        return [ROTARY.properties[name] for name in ((*COMPUTED, "precision") if narrow else COMPUTED)]


def passes(model: str) -> Iterator[tuple[str, Pass]]:
    """All that are compared of a model, by name: every even width and every precision in the default type, and every
    scaled type and option of it in float32."""
    for description in descriptions(model):
        every = [(head_dim, n) for head_dim in HEAD_DIMS for n in range(2, head_dim + 1, 2)]
        few = [(HEAD_DIMS[-1], n) for n in WIDTHS]
        scaled = description.supported_rope_types if isinstance(description, RotarySpec) else ()
        if isinstance(description, AxialRotarySpec):  # some have four axes
            every = few = [(16, 16), (16, 8), (8, 8)]
        asked = [("default", "float32", False, every), ("default", "bfloat16", False, few)]
        asked += [("default", "autocast", False, few), *((rope_type, "float32", False, few) for rope_type in scaled)]
        if isinstance(description, RotarySpec) and not description.layers_alone:  # a layer counts nothing
            asked += [("default", precision, True, few) for precision in ("float32", "bfloat16", "autocast")]
        for rope_type, precision, counted, widths in asked:
            for head_dim, n in widths:
                for case in description.cases_of(head_dim, n, rope_type):
                    said = f"{rope_type} head_dim={head_dim} n={n} ({case.value}), {precision}{', counted' * counted}"
                    yield f"{description.model_class.__name__} {said}", Pass(description, case, precision, counted)


def descriptions(model: str) -> Iterator[RotarySpec | AxialRotarySpec]:
    """What a model is, and parts of it are, from the classes of its tests; none if nothing of it turns by position."""
    for part in parts_of(registered_models()[model]):
        if isinstance(part.spec, (RotarySpec, AxialRotarySpec)):
            yield part.spec


def what_a_model_gives(
    description: RotarySpec, case: Case, dtype: torch.dtype, counted: bool
) -> dict[str, torch.Tensor]:
    """The outputs over rows of tokens, and the gradients of all parameters.

    Args:
        counted: whether the model counts positions; else, the second row is padded on the left, and they are given.
    """
    model = build_model(description, case, dtype=dtype)
    generator = torch.Generator().manual_seed(1)
    input_ids = torch.randint(4, VOCAB_SIZE, (ROWS, TOKENS), generator=generator)
    mask = torch.ones_like(input_ids)
    given = {"attention_mask": mask, "output_hidden_states": True, "output_attentions": True}
    if not counted:
        mask[1, :PADDING] = 0
        given["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)
    takes = taken(description)
    outputs = model(input_ids=input_ids, **{name: value for name, value in given.items() if takes(name)})
    return outputs_and_gradients(model, outputs)


def what_a_tower_gives(tower: AxialRotarySpec, case: Case, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The table of its coordinates, what its attention makes of tokens there, and the gradients of all parameters."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        model = tower.build(case)
    finally:
        torch.set_default_dtype(before)
    coordinates = tower.coordinates(case)
    tokens = tower.tokens(model, len(coordinates)).to(dtype)
    table = tower.table(model, coordinates, tokens)
    tensors = {f"table{name}": part for name, part in flatten(table)}
    try:
        attention = tower.attention(model)
    except StopIteration:  # tokens may be rotated where nothing attends to them
        rotated = tower.heads(model, case, tokens.float(), table)
        return tensors | {f"rotated {i}": torch.from_numpy(part) for i, part in enumerate(rotated)}
    made: list[Any] = []
    hook = attention.register_forward_hook(lambda module, arguments, outputs: made.append(outputs))
    try:
        tower.attend(model, tokens, table)
    finally:
        hook.remove()
    return tensors | outputs_and_gradients(model, made)


def outputs_and_gradients(model: torch.nn.Module, outputs: Any) -> dict[str, torch.Tensor]:
    """All tensors of an output, and the gradients of a sum over them that weighs each number apart."""
    tensors = {f"output {name}": value for name, value in flatten(outputs)}
    weigh = [torch.linspace(-1, 1, value.numel()).view_as(value) for value in tensors.values()]
    loss = sum((value * weights).sum() for value, weights in zip(tensors.values(), weigh, strict=True))
    loss.backward()
    return tensors | {f"gradient {name}": p.grad for name, p in model.named_parameters() if p.grad is not None}


def taken(description: RotarySpec) -> Callable[[str], bool]:
    """Tells whether a pass of the model takes an argument."""
    model_class = description.adapted_class if description.layers_alone else description.model_class
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
    """Equal for two tensors of a type where `torch.equal` says so, to which both zeros are one."""
    value = value.detach()
    content = (value + 0.0).contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    return hashlib.sha256(f"{value.dtype} {tuple(value.shape)} ".encode() + content).hexdigest()[:16]
