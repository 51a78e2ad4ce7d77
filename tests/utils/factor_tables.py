"""Prints, as JSON, the tables of rotary modules with `partial_rotary_factor`, and whether they announce the key."""

import copy
import importlib
import inspect
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from transformers.utils import logging as transformers_logging

import transformers
from transformers import PretrainedConfig


ANNOUNCED = "Earlier releases ignored this key"
ROPE_TYPES = ("default", "linear")
FACTORS = (1.0, 0.5)


def rotary_classes() -> Iterator[tuple[str, type, type]]:
    """The name of each rotary module of a config with `rope_parameters`, the config class, and the module's class."""
    for file in sorted((Path(transformers.__file__).parent / "models").glob("*/modeling_*.py")):
        if "RotaryEmbedding" in file.read_text():
            module = importlib.import_module(f"transformers.models.{file.parent.name}.{file.stem}")
            for name, rotary in vars(module).items():
                if (
                    inspect.isclass(rotary)
                    and name.endswith("RotaryEmbedding")
                    and rotary.__module__ == module.__name__
                ):
                    config = inspect.get_annotations(rotary.__init__).get("config")
                    if inspect.isclass(config) and "rope_parameters" in getattr(config, "__dataclass_fields__", ()):
                        yield f"{file.parent.name}.{name}", config, rotary


def with_factor(config_class: type[PretrainedConfig], rope_type: str, factor: float) -> PretrainedConfig:
    """The class's default config, with the rope type and the factor in every dict of RoPE parameters."""
    parameters = copy.deepcopy(config_class().rope_parameters)
    kinds = [one for one in parameters.values() if isinstance(one, dict)] or [parameters]
    for one in kinds:
        one |= {"rope_type": rope_type, "factor": 2.0, "partial_rotary_factor": factor}
        if rope_type == "default":
            del one["factor"]
    return config_class(rope_parameters=parameters)


def outcome(config: PretrainedConfig, rotary: type) -> dict[str, Any]:
    """The tables of the module by name, and whether it announces that the factor counts from now on."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = transformers_logging.get_logger("transformers")
    transformers_logging.warning_once.cache_clear()
    logger.addHandler(handler)
    try:
        tables = {name: table.tolist() for name, table in rotary(config).named_buffers() if "original" not in name}
    finally:
        logger.removeHandler(handler)
    return {"tables": tables, "announced": any(ANNOUNCED in message for message in messages)}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found: dict[str, dict[str, Any]] = {}
    for name, config_class, rotary in rotary_classes():
        for rope_type in ROPE_TYPES:
            try:
                whole, half = (outcome(with_factor(config_class, rope_type, factor), rotary) for factor in FACTORS)
            except Exception as error:  # a type that the model does not know, or sections that no longer fit
                found[f"{name}, {rope_type}"] = {"error": f"{type(error).__name__}: {error}"}
            else:
                honoured = any(half["tables"][table] != whole["tables"][table] for table in whole["tables"])
                found[f"{name}, {rope_type}"] = {
                    "honoured": honoured,
                    "announced": [whole["announced"], half["announced"]],
                }
    print(json.dumps(found))
