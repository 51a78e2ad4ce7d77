"""What a model reads of the rotary parameters in its config, found by building and running tiny models."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ..harness.config_fields import default_config
from ..harness.sizes import SEQUENCE_LENGTH
from .frequencies import kept_frequencies, table_holders


_HEAD_DIM = 8
_PLAIN = {"rope_type": "default"}
_NAMES = frozenset(("rope_theta", "rope_type", "type"))
_SCALED = {"rope_type": "linear", "factor": 4.0}


class _Noting(dict):
    """A dict that notes the keys that are read, each with the default of the first read."""

    def __init__(self, items: Mapping[str, Any], read: dict[str, Any]):
        super().__init__({key: _Noting(x, read) if isinstance(x, Mapping) else x for key, x in items.items()})
        self._read = read

    def __getitem__(self, key):
        self._read.setdefault(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self._read.setdefault(key)
        return super().__contains__(key)

    def get(self, key, default=None):
        self._read.setdefault(key, default)
        return super().get(key, default)

    def __deepcopy__(self, memo):
        return _Noting(self, self._read)

    copy = __copy__ = lambda self: _Noting(self, self._read)


@dataclass(frozen=True, eq=False)
class Reading:
    """What a model reads. Each answer needs a few tiny models, and is found when it is first asked for.

    A model that cannot be built or run gives the answer of a model that reads nothing more; the checks report errors.

    Args:
        config_class: the config class of the model.
        sizes: makes the config keywords of a tiny model, for the width of its heads.
        build: makes a model from a config.
    """

    config_class: type
    sizes: Callable[[int], dict[str, Any]]
    build: Callable[[Any], torch.nn.Module]

    @cached_property
    def keys(self) -> Mapping[str, Any]:
        """The keys that the model reads of its rotary parameters, each with the default that the model gives."""
        read = self._read(None)
        kinds = [kind for kind in self._layer_types if kind in read]
        if kinds and "rope_type" not in read:  # it fails without parameters for each layer type
            read |= self._read(dict.fromkeys(kinds, {"rope_theta": 100.0, **_PLAIN}))
        return read

    @property
    def kinds(self) -> tuple[str, ...]:
        """The layer types of the class's default config, if the model reads parameters by layer type; else none."""
        return self._layer_types if any(kind in self.keys for kind in self._layer_types) else ()

    @cached_property
    def needs_rope_type(self) -> bool:
        """Whether the model reads a rope type in `rope_scaling` even if the config has no `rope_scaling`."""
        return not self._builds(rope_scaling=None) and self._builds(rope_scaling=_PLAIN)

    @property
    def takes_rope_type(self) -> bool:
        """Whether the model reads a rope type, and not only to ignore it."""
        return not self.keys.keys().isdisjoint(("rope_type", "type")) and self._scaled_tables != {False}

    @property
    def scales_all(self) -> bool:
        """Whether `rope_scaling` changes all tables of the model, and not only some."""
        return len(self._scaled_tables) < 2

    @cached_property
    def _scaled_tables(self) -> set[bool]:
        """Whether `rope_scaling` changes tables of the model: true, false, or both; empty for a model that fails."""
        try:
            plain, scaled = (kept_frequencies(self._model(rope_scaling=scaling)) for scaling in (None, _SCALED))
        except Exception:
            return set()
        return {not np.array_equal(plain[name], scaled[name]) for name in plain.keys() & scaled.keys()}

    def can_fill(self, axis: int, axes: int) -> bool:
        """Whether `mrope_section` can give all pairs to this one of the axes: not if the axes take turns.

        It is assumed of a model whose table of angles cannot be asked for positions on several axes.
        """
        section = [_HEAD_DIM // 2 if index == axis else 0 for index in range(axes)]
        parameters = {**_PLAIN, "rope_theta": 100.0, "partial_rotary_factor": 1.0, "mrope_section": section}
        try:
            model = self._model(rope_parameters=parameters)
        except Exception:  # the section is refused
            return False
        one_step_on_each = torch.eye(axes, dtype=torch.long)[..., None]  # axis, row, token
        try:
            cos, _ = table_holders(model)[0](torch.zeros(axes, 1, _HEAD_DIM), one_step_on_each)
        except Exception:
            return True
        return bool((cos != 1).flatten(1).all(dim=1).any())

    @property
    def _layer_types(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(getattr(default_config(self.config_class), "layer_types", None) or ()))

    def _model(self, **values: Any) -> torch.nn.Module:
        values = {name: dict(given) if isinstance(given, Mapping) else given for name, given in values.items()}
        return self.build(self.config_class(**self.sizes(_HEAD_DIM) | values))

    def _builds(self, **values: Any) -> bool:
        try:
            self._model(**values)
        except Exception:
            return False
        return True

    def _read(self, parameters: Mapping[str, Any] | None) -> dict[str, Any]:
        """The keys that are read while a model is built and run, up to the first error.

        Args:
            parameters: the rotary parameters of the config; None for the default of the class.
        """
        read: dict[str, Any] = {}
        try:
            config = self.config_class(**self.sizes(_HEAD_DIM))
            _note(config, parameters, read)
            model = self.build(config)
            _note(model.config, parameters, read)  # some classes write over what they are given
            row = torch.arange(SEQUENCE_LENGTH)[None]
            given = {"position_ids": row} if "position_ids" in inspect.signature(model.forward).parameters else {}
            with torch.no_grad():
                model(input_ids=row, attention_mask=torch.ones_like(row), **given)
        except Exception:
            pass
        return read


def _note(config: Any, parameters: Mapping[str, Any] | None, read: dict[str, Any]) -> None:
    """Puts mappings that note what is read into a config, past the code of the class that completes parameters."""
    kept = {name: x for name, x in vars(config).items() if _is_rotary(x)}
    if parameters is not None or not kept:
        name = "rope_parameters" if hasattr(config, "rope_parameters") else "rope_scaling"
        kept = {name: parameters or _PLAIN}
    vars(config).update({name: _Noting(x, read) for name, x in kept.items()})


def _is_rotary(kept: Any) -> bool:
    """Whether the value of a config's attribute has rotary parameters, also by layer type."""
    return isinstance(kept, Mapping) and (
        not _NAMES.isdisjoint(kept) or any(_is_rotary(inner) for inner in kept.values())
    )
