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


@cache
def takes_undeclared(config_class: type, key: str, value: Any = 0.25) -> bool:
    """Whether a config class reads a keyword that it does not declare.

    A config keeps a keyword that it does not know, as an attribute of that name. One that it knows, it takes away.

    Args:
        value: a valid value of this keyword.
    """
    try:
        unknown, known = (vars(config_class(**{name: value})) for name in ("a_key_that_no_config_knows", key))
    except Exception:
        return False
    return "a_key_that_no_config_knows" in unknown and key not in known
