"""Makes a config of every class of an installed Transformers with each of these keys, and prints the outcomes.

A line of JSON for each class says whether the class, or one of its parts, has a key for RoPE. For each key, value and
way to state it, the line has "loads", "refused" (as `refusal` defines it), or the error.
"""

import copy
import json
import warnings

from transformers.models.auto.configuration_auto import CONFIG_MAPPING, CONFIG_MAPPING_NAMES

import transformers
from transformers_conformance.core.refusal import refuses, told


# Values that people state for another model or by mistake, and values that are not numbers.
KEYS = {
    "rope_scaling": [None, {"type": "linear", "factor": 2.0}, {"rope_type": "nonsense"}, {"rope_type": "default"}],
    "rope_theta": [500000.0, 1000000, None, "10000"],
    "rope_parameters": [None, {"rope_type": "default", "rope_theta": 1e6}],
    "partial_rotary_factor": [0.5, None, "half"],
    "rope_local_base_freq": [1e4],
}
OF_ROPE = ("rope_parameters", "rope_theta", "rotary_dim", "partial_rotary_factor", "qk_rope_head_dim")


def state(default, way: str, key: str, value) -> None:
    config_class = type(default)
    if way == "as an argument":
        config = config_class(**{key: value})
    elif way == "in a file":
        config = config_class.from_dict(default.to_dict() | {key: value})
    else:
        config = copy.deepcopy(default)
        setattr(config, key, value)
    config.to_dict()


def outcome(default, way: str, key: str, value) -> str:
    try:
        state(default, way, key, copy.deepcopy(value))
    except Exception as error:
        return "refused" if refuses(error, {key: value}) else told(error)
    return "loads"


def knows_rope(config) -> bool:
    parts = (x for x in vars(config).values() if isinstance(x, transformers.PretrainedConfig))
    return any(hasattr(type(config), key) for key in OF_ROPE) or any(map(knows_rope, parts))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity(60)
    for name in sorted(CONFIG_MAPPING_NAMES):
        config_class = CONFIG_MAPPING[name]
        try:
            default = config_class()
        except Exception:
            continue
        found = {
            f"{key}={value!r} {way}": outcome(default, way, key, value)
            for key, values in KEYS.items()
            for value in values
            for way in ("as an argument", "in a file", "set")
        }
        folder = config_class.__module__.split(".")[-2]
        print(json.dumps({"model": name, "folder": folder, "rope": knows_rope(default), "found": found}))
