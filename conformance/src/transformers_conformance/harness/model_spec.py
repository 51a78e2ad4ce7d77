"""What the harness needs to know about a model under test. The specs of a topic add what the topic needs to know."""

import copy
import inspect
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from typing import Any

import torch
import transformers
from torch import nn

from ..core.case import Case
from .cache_name import cache_name
from .config_fields import ConfigFields, takes_undeclared
from .input_adapter import LAYERS, adapted_class
from .tiny_config import kinds_of_positions, tiny_sizes


_HEAD_DIM = 8


@dataclass(frozen=True, eq=False)
class ModelSpec:
    """A model under test.

    Args:
        config_class: its config class.
        model_class: a model class that takes `input_ids`, `attention_mask` and `position_ids`. Another class needs an
            `input_adapter`.
        config_overrides: config keywords that the rules of `sizes` do not find.
        input_adapter: where tokens enter, as `adapted_class` takes it.
    """

    config_class: type
    model_class: type
    _: KW_ONLY
    config_overrides: Mapping[str, Any] = field(default_factory=dict)
    input_adapter: str = "input_ids"

    @cached_property
    def adapted_class(self) -> type:
        """The class that the checks build, which takes `input_ids`."""
        return adapted_class(self.model_class, self.config_class, self.input_adapter, self.makes_angles)

    @cached_property
    def fields(self) -> ConfigFields:
        return ConfigFields.of(self.config_class)

    @property
    def model_type(self) -> str:
        return self.config_class.model_type or self.config_class.__name__

    def takes_key(self, key: str) -> bool:
        """Whether the config takes a key: it declares the key, or converts it, as it does with keys of older forms."""
        return key in self.fields or takes_undeclared(self.config_class, key)

    @cached_property
    def has_sinks(self) -> bool:
        """Whether the attention of the model has sinks: learned scores that take a share of every row."""
        try:
            with torch.device("meta"):
                model = self.adapted_class(self.config_class(**self.size_values(_HEAD_DIM)))
        except Exception:  # the checks build the model too, and report this error
            return False
        return any(name.endswith("sinks") for name, _ in model.named_parameters())

    @cached_property
    def kind_of_positions(self) -> dict[str, str]:
        """The config keyword of the kind of positions, if there is one, with the value for which the model has angles.

        Every value is tried.
        """
        sizes = tiny_sizes(self.config_class, self.fields, _HEAD_DIM)
        for kind in kinds_of_positions(self.fields):
            try:
                with torch.device("meta"):
                    model = self.adapted_class(self.config_class(**sizes | kind | self.copied_overrides()))
            except Exception:
                continue
            if any(map(self.makes_angles, model.modules())):
                return kind
        return {}

    @property
    def takes_cache(self) -> bool:
        """Whether a pass can be given the keys and values of earlier tokens."""
        return cache_name(self.adapted_class) is not None

    @property
    def takes_position_ids(self) -> bool:
        return "position_ids" in inspect.signature(self.adapted_class.forward).parameters

    @property
    def layers_alone(self) -> bool:
        """Whether only the layers of the model run, and the module that makes angles for them."""
        return self.input_adapter == LAYERS

    def size_values(self, head_dim: int) -> dict[str, Any]:
        """Config keywords of a tiny model. They depend on the width of heads, and on nothing else of a case."""
        values = tiny_sizes(self.config_class, self.fields, head_dim) | self.kind_of_positions
        # Every config class takes this keyword, even if it does not declare it.
        values["attn_implementation"] = "eager"
        return values | self.copied_overrides()

    def copied_overrides(self) -> dict[str, Any]:
        """A copy of `config_overrides`, because some config classes write into the lists that they are given."""
        return copy.deepcopy(dict(self.config_overrides))

    def config_values(self, case: Case) -> dict[str, Any]:
        """Config keywords of the tiny model of a case."""
        return self.size_values(case.head_dim)

    def headline(self, case: Case) -> str:
        """The case in one line."""
        return ", ".join([self.model_class.__name__, *(f"{name}={value}" for name, value in case.parameters.items())])

    def reproduction(self, property_name: str, case: Case) -> str:
        """A snippet that builds the model of a case."""
        config, model = self.config_class.__name__, self.model_class.__name__
        return "\n".join([*self.imports(), f"{model}({config}(**{self.config_values(case)!r}))"])

    def imports(self) -> list[str]:
        """The statements that a snippet begins with."""
        return [_import_of(cls) for cls in (self.config_class, self.model_class)]

    # A topic may override these.

    @staticmethod
    def makes_angles(module: nn.Module) -> bool:
        """Whether a module turns positions into angles (or a cos/sin table) that layers get instead of positions."""
        return False

    def first_channel(self, case: Case) -> int:
        """The index of the channel that is read as the first one of a head. The channels before it come last."""
        return 0

    def reads_layer(self, config: Any, index: int) -> bool:
        """Whether the topic is about the attention layer with this index."""
        return True

    def prepare(self, model: nn.Module) -> None:
        """Changes the seeded weights of a tiny model if the checks need other weights."""


def _import_of(cls: type) -> str:
    module = "transformers" if getattr(transformers, cls.__name__, None) is cls else cls.__module__
    return f"from {module} import {cls.__name__}"
