"""The keywords that a config class takes, and the config of its own defaults."""

import dataclasses
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class ConfigFields:
    """Names that a config class takes by keyword, with their defaults."""

    defaults: Mapping[str, Any]

    @classmethod
    def of(cls, config_class: type) -> "ConfigFields":
        parameters = inspect.signature(config_class.__init__).parameters.values()
        defaults = {p.name: p.default for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
        if dataclasses.is_dataclass(config_class):
            defaults |= {field.name: field.default for field in dataclasses.fields(config_class)}
        return cls(defaults)

    def __contains__(self, name: str) -> bool:
        return name in self.defaults


@cache
def default_config(config_class: type) -> Any | None:
    """A config of the class's own defaults; None where it needs arguments."""
    try:
        return config_class()
    except Exception:
        return None
