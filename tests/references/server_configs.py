"""`python server_configs.py FOLDER` builds the config classes of a downstream server, and prints the configs as JSON.

FOLDER holds the files of the server's config classes, `sglang/srt/configs`. Empty packages replace the packages around
them, so that nothing else of the server is imported.
"""

import contextlib
import importlib
import inspect
import io
import json
import logging
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from transformers import PretrainedConfig


SCALING = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "base": {"rope_theta": 777.0},
    "linear": {"rope_scaling": {"type": "linear", "factor": 8.0}},
    "yarn": {"rope_theta": 777.0, "rope_scaling": SCALING},
    "null": {"rope_scaling": None},
    "parameters": {"rope_parameters": {"rope_type": "default", "rope_theta": 777.0}},
    "factor": {"partial_rotary_factor": 0.5},
    "sizes": {"hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2},
}


def classes(folder: Path) -> Iterator[type]:
    """The config classes in those files that can be imported alone."""
    names = ["sglang", "sglang.srt", "sglang.srt.configs"]
    for name, path in zip(names, (folder.parents[1], folder.parent, folder), strict=True):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(path)]
    for file in sorted(folder.glob("*.py")):
        if file.stem == "__init__":
            continue
        try:
            module = importlib.import_module(f"sglang.srt.configs.{file.stem}")
        except Exception:  # the file needs other parts of the server, or another release of Transformers
            continue
        for cls in vars(module).values():
            if inspect.isclass(cls) and issubclass(cls, PretrainedConfig) and cls.__module__ == module.__name__:
                yield cls


def outcome(cls: type, arguments: dict[str, Any]) -> Any:
    """The attributes of a config, or the error of its constructor."""
    try:
        config = cls(**json.loads(json.dumps(arguments)))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return json.loads(json.dumps(config.to_dict(), default=repr, sort_keys=True))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()):
        found = {
            f"{cls.__module__}.{cls.__qualname__}, {name}": outcome(cls, arguments)
            for cls in classes(Path(sys.argv[1]))
            for name, arguments in ARGUMENTS.items()
        }
    print(json.dumps(found))
