"""Finds the models of an installed Transformers that have RoPE, and describes each by what its code shows."""

import importlib
import inspect
import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import torch
import transformers
from torch import nn
from transformers import PreTrainedModel

from ..core.refusal import refuses, told
from ..harness import positions
from ..harness.capture import Attention
from ..harness.config_fields import ConfigFields
from ..harness.input_adapter import LAYERS, base_class
from ..harness.probe import Probe
from ..harness.tiny_config import has_heads, other_layers
from .case import Case
from .layers import layers_without_rope
from .reference import Layout, pair_channels
from .spec import RotarySpec


_HEAD_DIM = 8
_ARGUMENTS = ("input_ids", "inputs_embeds", "hidden_states")
_ROTARY_DEFINITION = re.compile(r"^(class|def) \w*([Rr]otary|rotate_|[Rr]ope|RoPE)", re.MULTILINE)
# What turns positions into numbers moves a channel by more than this share of the largest value.
_VISIBLE = 1e-3
_LARGE = 2**18  # elements of one parameter


class NoDescriptionError(RuntimeError):
    """No class of a model could be built and shown to rotate; the message says what became of each."""


def rope_models() -> Iterator[str]:
    """The folders of `transformers.models` whose modeling file defines something rotary."""
    root = Path(transformers.__file__).parent / "models"
    for file in sorted(root.glob("*/modeling_*.py")):
        model = file.parent.name
        if file.stem == f"modeling_{model}" and _ROTARY_DEFINITION.search(file.read_text()):
            yield model


def model_classes(model: str) -> list[tuple[type, type, str]]:
    """The classes of a folder that have attention of their own and no head, with a config class and an input adapter.

    Those that take `input_ids` come first, then those that take embeddings, then layers alone; of each, towers first.
    """
    module = importlib.import_module(f"transformers.models.{model}.modeling_{model}")
    classes = [
        (cls, config_class)
        for name, cls in vars(module).items()
        if inspect.isclass(cls) and issubclass(cls, nn.Module) and cls.__module__ == module.__name__
        # A class with a head is named after its task; the class that all others extend has no forward.
        if cls.__name__ == name and "For" not in name and "forward" in vars(cls)
        for config_class in _own_configs(cls)
    ]
    classes.sort(key=lambda pair: len(getattr(pair[1], "sub_configs", ())))
    return [
        (*pair, input_adapter)
        for input_adapter in (*_ARGUMENTS, LAYERS)
        for pair in classes
        if input_adapter == LAYERS
        or {input_adapter, "position_ids"} <= inspect.signature(pair[0].forward).parameters.keys()
    ]


def _own_configs(cls: type) -> list[type]:
    """The config that a class is built from, where it has attention of its own.

    An encoder may state the config of the whole, which then has parts of one class. A part states none, and holds
    layers and a rotary module.
    """
    if not issubclass(cls, PreTrainedModel):
        code = inspect.getsource(cls)
        if "ModuleList(" not in code or "RotaryEmbedding(" not in code:
            return []
        cls = base_class(cls)
    stated = cls.config_class
    if not isinstance(stated, type):
        return []
    if has_heads(ConfigFields.of(stated)):
        return [stated]
    parts = set(getattr(stated, "sub_configs", {}).values())
    return list(parts) if len(parts) == 1 and all(has_heads(ConfigFields.of(x)) for x in parts) else []


def describe(model: str) -> RotarySpec:
    """The first class of a folder that builds, runs and rotates, in whatever layout its code shows.

    Raises:
        NoDescriptionError: there is none.
    """
    problems = []
    for model_class, config_class, input_adapter in model_classes(model):
        try:
            assumed = RotarySpec(config_class, model_class, get_args(Layout)[0], input_adapter=input_adapter)
            return _last(list(attempts(assumed, get_args(Layout))))
        except Exception as error:
            problems.append(f"{model_class.__name__}, {input_adapter}: {told(error)}")
    raise NoDescriptionError("; ".join(problems) or f"{model} has no model class with attention of its own")


def describe_class(model_class: type, layout: Layout, config_class: type | None = None, **stated) -> RotarySpec:
    """What the checks need to know of a model class beside its layout, found out by running it.

    Where some layers have no RoPE and nothing in the config says so, layers are all of a kind that has.

    Args:
        layout: how channels pair up (R3), which is for the author of a model to say: read off the model, it would
            make a rotation right that is another than meant.
        config_class: what it is built from; None stands for the class that it states.
        stated: arguments of `RotarySpec` that are known.

    Raises:
        NoDescriptionError: it does not build or run, is not tiny, or positions do not turn pairs of this layout.
    """
    assumed = RotarySpec(config_class or model_class.config_class, model_class, layout, **stated)
    return _last(list(attempts(assumed, (layout,))))


@dataclass(frozen=True)
class Attempt:
    """A tiny model that was tried.

    Args:
        spec: what was tried, or, where it works, what was found.
        case: what was asked of its config.
        error: why it does not work, if it does not.
    """

    spec: RotarySpec
    case: Case
    error: Exception | None = None

    @property
    def refused(self) -> bool:
        """Whether the config refuses what was asked of it, by name."""
        return self.error is not None and refuses(self.error, self.spec.config_values(self.case))


def attempts(assumed: RotarySpec, layouts: Collection[Layout]) -> Iterator[Attempt]:
    """Tiny models, plain ones first, up to the first that builds, runs and turns pairs of one of these layouts."""
    overrides = [{}, *other_layers(assumed.config_class, assumed.fields)]
    for override, normed in itertools.product(overrides, (False, True)):
        tried = replace(
            assumed, config_overrides={**override, **assumed.config_overrides}, normed_after_rotation=normed
        )
        for n in (_HEAD_DIM // 2, _HEAD_DIM):  # a width may be one that the model cannot be asked for
            case = tried.cases_of(_HEAD_DIM, n)[0]
            try:
                found = _spec(tried, case, layouts)
            except Exception as error:
                yield Attempt(tried, case, error)
            else:
                yield Attempt(found, case)
                return


def describe_stated(model_class: type, config_class: type, layout: Layout) -> tuple[RotarySpec, list[Attempt]]:
    """As `describe_class`, with those attempts before it that asked its config for something else.

    A model that does not work in any is spec as stated, so that the checks judge it.
    """
    assumed = RotarySpec(config_class, model_class, layout)
    tried = list(attempts(assumed, (layout,)))
    if tried[-1].error is not None:
        return assumed, []
    found = tried[-1].spec
    return found, [one for one in tried if one.spec.config_overrides != found.config_overrides]


def _last(tried: list[Attempt]) -> RotarySpec:
    if tried[-1].error is not None:
        raise NoDescriptionError("; ".join(dict.fromkeys(told(one.error) for one in tried)))
    return tried[-1].spec


def _spec(spec: RotarySpec, case: Case, layouts: Collection[Layout]) -> RotarySpec:
    _require_tiny(spec, case)
    probed = Probe(spec, case)
    layers = list(zip(probed.layers(positions.zeros()), probed.layers(positions.gapped()), strict=True))
    moved = [_moved_channels(*layer) for layer in layers]
    without = layers_without_rope(probed.model.config)
    moved_by = {index: channels for index, channels in enumerate(moved) if index not in without}
    if any(len(channels) < 4 for channels in moved_by.values()):
        raise NoDescriptionError(f"{spec.model_class.__name__}: positions move the channels {moved}")
    index, channels = next(iter(moved_by.items()))
    layout = _layout(*layers[index], channels, layouts)
    return replace(spec, layout=layout, rotated_last=channels[0] > 0)


def _require_tiny(spec: RotarySpec, case: Case) -> None:
    """Raises `NoDescriptionError` for a model that a name unknown to `sizes` has left large."""
    with torch.device("meta"):
        bare = spec.adapted_class(spec.config_class(**spec.config_values(case)))
    name, largest = max(bare.named_parameters(), key=lambda named: named[1].numel())
    if largest.numel() > _LARGE:
        raise NoDescriptionError(f"{spec.model_class.__name__} is not tiny: {name} is {tuple(largest.shape)}")


def _moved_channels(still: Attention, turned: Attention) -> list[int]:
    change = (turned.query - still.query).abs().amax(dim=(0, 1, 2))
    return (change > _VISIBLE * still.query.abs().max()).nonzero().flatten().tolist()


def _layout(still: Attention, turned: Attention, moved: list[int], layouts: Collection[Layout]) -> Layout:
    """The layout, among the channels that move, whose pairs keep their norms, and whose slowest pair turns forward."""
    for layout in layouts:
        channels = [torch.tensor(moved)[members] for members in pair_channels(len(moved) // 2, layout)]
        if all(_turns(getattr(still, name), getattr(turned, name), *channels) for name in ("query", "key")):
            return layout
    raise NoDescriptionError(f"what moves the channels {moved} turns no pairs as {' or '.join(layouts)} does")


def _turns(still: torch.Tensor, turned: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether every pair of the channels `a` and `b` keeps its norm, and the slowest turns forward."""
    before, after = (torch.complex(x[..., a], x[..., b]) for x in (still, turned))
    kept = (after.abs() - before.abs()).abs().max() < _VISIBLE * before.abs().max()
    return bool(kept) and bool(((after * before.conj())[..., 0, -1].imag > 0).all())
