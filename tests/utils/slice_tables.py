"""The tables of every model with a slice for RoPE whose default config is given a factor beside it, as JSON."""

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


def rotary_classes() -> Iterator[tuple[str, type, type]]:
    """The model, its config classes that declare `qk_rope_head_dim`, and its rotary classes, in all pairs."""
    for file in sorted((Path(transformers.__file__).parent / "models").glob("*/configuration_*.py")):
        if "qk_rope_head_dim" not in file.read_text():
            continue
        model = file.parent.name
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
        try:
            config = config_class(partial_rotary_factor=FACTOR)
            table = rotary(config).inv_freq
        except Exception:  # another class of the file's, or one with kinds of layers
            continue
        if getattr(config, "head_dim", None) == config.qk_rope_head_dim:
            found[f"{model}.{rotary.__name__}"] = [config.qk_rope_head_dim, table.tolist()]
    print(json.dumps(found))
