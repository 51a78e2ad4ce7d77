"""Finds the models with RoPE of an installed Transformers, and describes each one from its code and its results."""

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
from ..harness.tiny_config import has_heads, other_layers, tiny_sizes
from .case import Case
from .frequencies import holds_table
from .layers import layers_without_rope
from .reference import Layout, pair_channels
from .spec import RotarySpec


_HEAD_DIM = 8
_ARGUMENTS = ("input_ids", "inputs_embeds", "hidden_states")
_ROTARY_DEFINITION = re.compile(r"^(class|def) \w*([Rr]otary|rotate_|[Rr]ope|RoPE)", re.MULTILINE)
# A rotation changes a channel by more than this share of the largest value.
_VISIBLE = 1e-3
_LARGE = 2**18  # more elements in one parameter mean that a model is not tiny


class NoDescriptionError(RuntimeError):
    """No class of a model builds, runs and rotates; the message has the error of each attempt."""


def rope_models() -> Iterator[str]:
    """The folders of `transformers.models` whose modeling file defines something rotary.

    The files are read and not imported: importing all of them takes a hundred times as long, and some need libraries
    that are not installed.
    """
    root = Path(transformers.__file__).parent / "models"
    for file in sorted(root.glob("*/modeling_*.py")):
        model = file.parent.name
        if file.stem == f"modeling_{model}" and _ROTARY_DEFINITION.search(file.read_text()):
            yield model


def model_classes(model: str) -> list[tuple[type, type, str]]:
    """The classes of a folder that have attention of their own and no head, with a config class and an input adapter.

    Classes that take `input_ids` come first, then classes that take embeddings, then classes of which only the layers
    can run. Among these, a class whose config has no configs of parts comes before a class whose config has some.
    """
    module = importlib.import_module(f"transformers.models.{model}.modeling_{model}")
    classes = [
        (cls, config_class)
        for name, cls in vars(module).items()
        if inspect.isclass(cls) and issubclass(cls, nn.Module) and cls.__module__ == module.__name__
        # The name of a class with a head names its task; the base class of the folder has no forward.
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
    """The config classes from which a class with attention of its own can be built.

    An encoder may name the config class of the whole model; then all parts of this config must be of one class. A part
    of a model names no config class; it counts if it holds layers and a rotary module.
    """
    is_part = not issubclass(cls, PreTrainedModel)
    stated = getattr(base_class(cls) if is_part else cls, "config_class", None)
    if not isinstance(stated, type):
        return []
    found = [stated] if has_heads(ConfigFields.of(stated)) else list(set(getattr(stated, "sub_configs", {}).values()))
    if len(found) != 1 or not has_heads(ConfigFields.of(found[0])):
        return []
    return [] if is_part and not _holds_layers(cls, found[0]) else found


def _holds_layers(part: type, config_class: type) -> bool:
    """Whether a part of a model is built from a config, and holds layers and a rotary module."""
    try:
        with torch.device("meta"):
            built = part(config_class(**tiny_sizes(config_class, ConfigFields.of(config_class), _HEAD_DIM)))
    except Exception:  # it is built from something else
        return False
    inner = list(built.children())
    return any(isinstance(x, nn.ModuleList) for x in inner) and any(map(holds_table, inner))


def describe(model: str) -> RotarySpec:
    """Describes the first class of a folder that builds, runs and rotates, in any layout.

    Raises:
        NoDescriptionError: there is no such class.
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
    """Describes a model class with a given layout, by running it.

    If some layers have no RoPE and the config does not say which, all layers are made of a kind that has RoPE.

    Args:
        layout: how channels pair up (R3). The author of the model must state it: if it were read from the model, a
            rotation by the wrong layout would pass.
        config_class: the config class from which the model is built; None for the model's `config_class`.
        stated: arguments of `RotarySpec` that are known.

    Raises:
        NoDescriptionError: the model does not build or run, is not tiny, or does not turn pairs of this layout.
    """
    assumed = RotarySpec(config_class or model_class.config_class, model_class, layout, **stated)
    return _last(list(attempts(assumed, (layout,))))


@dataclass(frozen=True)
class Attempt:
    """A tiny model that was tried.

    Args:
        spec: the spec that was tried; if it works, the spec with the layout that was found.
        case: the case that the config was asked for.
        error: the error if the model does not work, else None.
    """

    spec: RotarySpec
    case: Case
    error: Exception | None = None

    @property
    def refused(self) -> bool:
        """Whether the config refuses the case, with an error that names the key."""
        return self.error is not None and refuses(self.error, self.spec.config_values(self.case))


def attempts(assumed: RotarySpec, layouts: Collection[Layout]) -> Iterator[Attempt]:
    """Tiny models, plain ones first, up to the first that builds, runs and turns pairs of one of these layouts."""
    overrides = [{}, *other_layers(assumed.config_class, assumed.fields)]
    for override, normed in itertools.product(overrides, (False, True)):
        tried = replace(
            assumed, config_overrides={**override, **assumed.config_overrides}, normed_after_rotation=normed
        )
        for n in (_HEAD_DIM // 2, _HEAD_DIM):  # a model may not support one of them
            case = tried.cases_of(_HEAD_DIM, n)[0]
            try:
                found = _spec(tried, case, layouts)
            except Exception as error:
                yield Attempt(tried, case, error)
            else:
                yield Attempt(found, case)
                return


def describe_stated(model_class: type, config_class: type, layout: Layout) -> tuple[RotarySpec, list[Attempt]]:
    """As `describe_class`; also returns the earlier attempts with other config overrides.

    If no attempt works, the spec is as stated, so that the checks can judge the model.
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
    """Raises `NoDescriptionError` for a model that is large, because `sizes` does not know a keyword of its config."""
    with torch.device("meta"):
        bare = spec.adapted_class(spec.config_class(**spec.config_values(case)))
    name, largest = max(bare.named_parameters(), key=lambda named: named[1].numel())
    if largest.numel() > _LARGE:
        raise NoDescriptionError(f"{spec.model_class.__name__} is not tiny: {name} is {tuple(largest.shape)}")


def _moved_channels(still: Attention, turned: Attention) -> list[int]:
    change = (turned.query - still.query).abs().amax(dim=(0, 1, 2))
    return (change > _VISIBLE * still.query.abs().max()).nonzero().flatten().tolist()


def _layout(still: Attention, turned: Attention, moved: list[int], layouts: Collection[Layout]) -> Layout:
    """The layout of the moved channels in which pairs keep their norms, and the slowest pair turns forward."""
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
