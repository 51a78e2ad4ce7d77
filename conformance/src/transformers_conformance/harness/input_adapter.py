"""How tokens reach a model that takes no `input_ids`: a subclass of it that takes them."""

import copyreg
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from .sizes import VOCAB_SIZE


LAYERS = "layers"


class NoLayersError(RuntimeError):
    """A model has no list of layers with a table of angles in them or beside them."""


@cache
def adapted_class(
    model_class: type,
    config_class: type,
    input_adapter: str,
    makes_angles: Callable[[nn.Module], bool],
) -> type:
    """A model class with a `forward` of `input_ids`, built from `config_class`; `model_class` itself, if it is one.

    Args:
        model_class: a model class, or that of a part which is built from a config, too.
        input_adapter: where tokens enter. An argument of `forward`: where it is not `input_ids`, it gets an embedding
            of each token, `[batch, seq, hidden_size]`, or as wide as the projection that the model begins with. Or
            `layers`: embeddings are the inputs of the first layer, and layers run alone, with the positions, or with
            the angles that a module beside them makes of these. What comes before the layers is then left out, and so
            is how positions are counted.
        makes_angles: whether a module is such a one; layers alone ask.
    """
    is_part = not issubclass(model_class, PreTrainedModel)
    if input_adapter == "input_ids" and not is_part and model_class.config_class is config_class:
        return model_class
    arguments = model_class, config_class, input_adapter, makes_angles
    members: dict[str, Any] = {
        "__module__": model_class.__module__,
        "__reduce_ex__": lambda self, protocol: (_empty, arguments, vars(self)),
        "config_class": config_class,
    }
    if is_part:
        members["__init__"] = _init_of_part(model_class)
    if input_adapter == LAYERS:
        members["forward"] = _forward_of_layers(makes_angles)
    elif input_adapter != "input_ids":
        members["forward"] = _forward_of_embeddings(model_class, input_adapter, is_part)
    return type(model_class.__name__, (base_class(model_class) if is_part else model_class,), members)


def base_class(part: type) -> type:
    """The class that the models of a part's module extend."""
    classes = [x for x in vars(inspect.getmodule(part)).values() if inspect.isclass(x)]
    return next(x for x in classes if PreTrainedModel in x.__bases__ and x.__module__ == part.__module__)


def _empty(*arguments: Any) -> nn.Module:
    """An instance without attributes, for pickle, which finds no class that was made while running."""
    return copyreg.__newobj__(adapted_class(*arguments))


def _init_of_part(part: type) -> Callable:
    def init(self, config):
        super(type(self), self).__init__(config)
        self.part = part(config)
        self.post_init()

    return init


def _forward_of_embeddings(model_class: type, input_adapter: str, is_part: bool) -> Callable:
    taken = inspect.signature(model_class.forward)

    def forward(self, input_ids, attention_mask=None, **others):
        if "attention_mask" in taken.parameters:
            others["attention_mask"] = attention_mask
        entered = self.part if is_part else self
        return model_class.forward(
            entered, **{input_adapter: embedded(self, input_ids, _width_taken(entered))}, **others
        )

    tokens = inspect.Parameter("input_ids", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    kept = [x for name, x in taken.parameters.items() if name not in ("self", "input_ids", input_adapter)]
    keywords = [x.replace(kind=x.KEYWORD_ONLY) for x in kept if x.kind in (x.POSITIONAL_OR_KEYWORD, x.KEYWORD_ONLY)]
    forward.__signature__ = inspect.Signature([taken.parameters["self"], tokens, *keywords])
    return forward


def _forward_of_layers(makes_angles: Callable[[nn.Module], bool]) -> Callable:
    def forward(self, input_ids, attention_mask=None, position_ids=None):
        """The last layer's output, in a tuple of one. Every token sees all, which a mask of ones does not change."""
        rotary, layers = _layers(self, makes_angles)
        hidden_states = embedded(self, input_ids)
        given = {"position_ids": position_ids}
        if rotary is not None:
            given = {"position_embeddings": rotary(hidden_states, position_ids)}
        for layer in layers:
            parameters = list(inspect.signature(layer.forward).parameters.values())[1:]
            needed = {x.name: None for x in parameters if x.default is x.empty and x.kind is not x.VAR_KEYWORD}
            output = layer(hidden_states, **{**needed, **given})
            hidden_states = output if isinstance(output, torch.Tensor) else output[0]
        return (hidden_states,)

    return forward


def _layers(model: nn.Module, makes_angles: Callable[[nn.Module], bool]) -> tuple[nn.Module | None, nn.ModuleList]:
    """A list of layers that use angles; and the module beside it that makes the angles, if they do not themselves."""
    for module in model.modules():
        parts = list(module.children())
        lists = [part for part in parts if isinstance(part, nn.ModuleList) and len(part)]
        for rotary in filter(makes_angles, parts):
            for layers in lists:
                if _takes(layers[0], "position_embeddings"):
                    return rotary, layers
        for layers in lists:
            if _takes(layers[0], "position_ids") and any(map(makes_angles, layers.modules())):
                return None, layers
    raise NoLayersError(f"{type(model).__name__} has no layers with a table of angles in them or beside them")


def _takes(layer: nn.Module, argument: str) -> bool:
    return argument in inspect.signature(layer.forward).parameters


def _width_taken(model: nn.Module) -> int | None:
    """Channels of the embeddings that a model takes, where it begins with a projection of them."""
    return getattr(next(model.children()), "in_features", None)


def embedded(model: nn.Module, input_ids: torch.Tensor, width: int | None = None) -> torch.Tensor:
    """`[batch, seq]` to `[batch, seq, width]`, by a seeded table in the model's type, with a gradient as any.

    Without a width, it is that of the layers, `hidden_size`.
    """
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(VOCAB_SIZE, width or model.config.hidden_size, generator=generator)
    weight = next(model.parameters())
    return nn.functional.embedding(input_ids, table.to(weight.device, weight.dtype).requires_grad_())
