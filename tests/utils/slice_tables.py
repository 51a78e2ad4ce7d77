"""Prints, as JSON and by rope type, the tables of every model with a slice for RoPE whose config also has a factor."""

import importlib
import inspect
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import transformers
from transformers import PretrainedConfig


FACTOR = 0.5
SCALED = {"factor": 4.0, "original_max_position_embeddings": 1024}
ROPE_TYPES = {
    "default": {},
    "linear": {"factor": 4.0},
    "dynamic": {"factor": 4.0},
    "yarn": SCALED,
    "llama3": SCALED | {"low_freq_factor": 1.0, "high_freq_factor": 4.0},
}


def rotary_classes() -> Iterator[tuple[str, type, type]]:
    """The model, its config classes that declare `qk_rope_head_dim`, and its rotary classes, in all combinations."""
    for file in sorted((Path(transformers.__file__).parent / "models").glob("*/configuration_*.py")):
        model = file.parent.name
        has_model = file.with_name(f"modeling_{model}.py").exists()  # some folders have a config for another's model
        if not has_model or "qk_rope_head_dim" not in file.read_text():
            continue
        package = f"transformers.models.{model}"
        configs = importlib.import_module(f"{package}.configuration_{model}")
        modeling = importlib.import_module(f"{package}.modeling_{model}")
        for config in vars(configs).values():
            if inspect.isclass(config) and issubclass(config, PretrainedConfig):
                if "qk_rope_head_dim" in getattr(config, "__dataclass_fields__", ()):
                    for name, rotary in vars(modeling).items():
                        if inspect.isclass(rotary) and name.endswith("RotaryEmbedding"):
                            yield model, config, rotary


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    found = {}
    for model, config_class, rotary in rotary_classes():
        for rope_type, scaling in ROPE_TYPES.items():
            parameters = {"rope_type": rope_type, "rope_theta": 1e4} | scaling
            try:
                config = config_class(partial_rotary_factor=FACTOR, rope_parameters=parameters)
                buffers = dict(rotary(config).named_buffers())
            except Exception:  # another class of the file
                continue
            for name, table in buffers.items():
                if name.endswith("inv_freq") and "original" not in name and hasattr(config, "qk_rope_head_dim"):
                    place = f"{model}.{rotary.__name__}.{name} {rope_type}"
                    found[place] = [config.qk_rope_head_dim, table.tolist()]
    print(json.dumps(found))
