"""Builds configs of classes that are not part of Transformers. Reads one JSON description per line, and writes one
outcome per line.

A description has `style` (how the class is written), `attributes` (which the class sets itself) and `arguments` (which
its caller gives). A value `{"numpy": x}` stands for a NumPy number. An outcome is the config as a dict, with the
caller's arguments after the call; or the error as text.
"""

import json
import logging
import sys
import types
import warnings
from typing import Any

import numpy as np

from transformers import Gemma3TextConfig, LlamaConfig, PretrainedConfig


BASES = {"of Llama": LlamaConfig, "of Gemma 3": Gemma3TextConfig}


def read(value: Any) -> Any:
    if isinstance(value, dict):
        return np.float32(value["numpy"]) if set(value) == {"numpy"} else {key: read(x) for key, x in value.items()}
    return [read(x) for x in value] if isinstance(value, list) else value


def foreign_class(style: str, attributes: dict[str, Any]) -> type:
    """A config class of another package's module, in one of the styles in which people write such classes.

    With the style "the base itself", it is the base class of Transformers, which belongs to no model.
    """
    if style == "the base itself":
        return PretrainedConfig

    def init_last(self, **kwargs):
        for name, value in attributes.items():
            setattr(self, name, kwargs.pop(name, value))
        PretrainedConfig.__init__(self, **kwargs)

    def init_first(self, **kwargs):
        stated = {name: kwargs.pop(name, value) for name, value in attributes.items()}
        PretrainedConfig.__init__(self, **kwargs)
        for name, value in stated.items():
            setattr(self, name, value)

    members: dict[str, Any] = {"__module__": "someones_model", "model_type": "someones_model"}
    base = BASES.get(style, PretrainedConfig)
    if style in ("init last", "init first"):
        members["__init__"] = init_last if style == "init last" else init_first
    else:  # the fields of a dataclass, which has no lists and dicts as defaults
        members |= {name: value for name, value in attributes.items() if not isinstance(value, (list, dict))}
        members["__annotations__"] = dict.fromkeys(members.keys() & attributes.keys(), Any)
    return types.new_class("TheirConfig", (base,), exec_body=lambda namespace: namespace.update(members))


def outcome(described: dict[str, Any]) -> Any:
    try:
        cls = foreign_class(described["style"], read(described["attributes"]))
        arguments = read(described["arguments"])
        config = cls(**arguments)
        return json.loads(json.dumps([config.to_dict(), arguments], default=repr, sort_keys=True))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.modules["someones_model"] = types.ModuleType("someones_model")
    for line in sys.stdin:
        print(json.dumps(outcome(json.loads(line))), flush=True)
