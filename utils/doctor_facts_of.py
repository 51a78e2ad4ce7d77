"""Prints, as JSON, what the installed Transformers makes of each RoPE key, by `model_type`.

Each answer is measured: a config is made with one key, and its parameters are compared with those of a config without
the key. Names on the command line choose model types; without names, all are asked. `tables` as the first word also
builds rotary modules, and says which ones ignore `partial_rotary_factor`.
"""

import copy
import importlib
import inspect
import json
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.utils import logging

import transformers


BASE, FACTOR = 777.0, 0.375  # no class has these defaults
FLAT = {
    **dict.fromkeys(
        ("rope_theta", "rotary_emb_base", "rope_local_base_freq", "global_rope_theta", "local_rope_theta"), BASE
    ),
    **dict.fromkeys(("partial_rotary_factor", "rotary_pct"), FACTOR),
}
PLACES = ("rope_scaling", "rope_parameters")
FIXED = {"rope_type": "default", "rope_theta": 10_000.0}  # the only base of models whose config has no key for it
TYPES: Mapping[str, Mapping[str, Any]] = {
    "linear": {"factor": 4.0},
    "dynamic": {"factor": 4.0},
    "yarn": {"factor": 4.0, "original_max_position_embeddings": 256},
    "longrope": {"short_factor": [1.0], "long_factor": [4.0], "factor": 4.0, "original_max_position_embeddings": 256},
    "llama3": {
        "factor": 4.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 256,
    },
    "proportional": {"partial_rotary_factor": FACTOR},
}
SIZES = ("hidden_size", "num_attention_heads", "max_position_embeddings")
KEPT = (*SIZES, "qk_rope_head_dim", "original_max_position_embeddings")


def kinds(config: Any) -> dict[str, dict[str, Any]]:
    """The RoPE parameters of a config by layer type; under "" if they are the same for all layers."""
    parameters = getattr(config, "rope_parameters", None)
    if not isinstance(parameters, dict) or not parameters:
        return {}
    nested = {kind: one for kind, one in parameters.items() if isinstance(one, dict)}
    return nested or {"": parameters}


def value_of(config: Any, key: str) -> Any:
    try:
        return getattr(config, key, None)
    except Exception:  # layers differ
        return "by layer"


def widths_by_kind(config: Any) -> dict[str, int]:
    """The width of a head for each layer type, if layers differ."""
    return {kind: layer.head_dim for kind, layer in zip(config.layer_types, config.per_layer_config, strict=True)}


def made(config_class: type, **keys: Any) -> dict[str, dict[str, Any]] | None:
    """The RoPE parameters of a config with some keys; None if the class refuses them."""
    try:
        return kinds(config_class(**copy.deepcopy(keys)))
    except Exception:
        return None


def changed(found: dict | None, key: str, value: Any) -> list[str] | None:
    """The layer types in which a parameter has a value; None if the config was refused."""
    return None if found is None else [kind for kind, one in found.items() if one.get(key) == value]


def facts(config_class: type) -> dict[str, Any]:
    plain = config_class()
    found: dict[str, Any] = {"parts": {}}
    for key, part in getattr(config_class, "sub_configs", {}).items():
        found["parts"][key] = getattr(value_of(plain, key), "model_type", None) or getattr(part, "model_type", "")
    names = {key: config_class.attribute_map[key] for key in KEPT if key in config_class.attribute_map}
    sizes = {key: value for key in KEPT if isinstance(value := value_of(plain, key), int)}
    found |= {"names": names, "sizes": sizes, "rope": kinds(plain)}
    channels = value_of(plain, "embed_dim")
    if found["rope"] and isinstance(channels, int) and channels != sizes.get("hidden_size"):  # Qwen2-VL's encoder
        names["hidden_size"], sizes["hidden_size"] = "embed_dim", channels
    if not found["rope"] and isinstance(channels := value_of(plain, "rotary_dim"), int):  # GPT-J and CodeGen
        sizes["rotary_dim"] = channels
        found |= {"rope": {"": dict(FIXED)}, "head_dim": "derived", "types": [], "keeps_base": False, "null": None}
        unread = [f"{key}|" for key in FLAT]
        unread += [f"{place}.{key}|form" for place in PLACES for key in ("rope_type", "type")]
        return found | {"reads": dict.fromkeys(unread, []) | {"rotary_dim|": [""]}}
    if not found["rope"]:
        return found | {"beside": beside(config_class, found["parts"])}
    found["head_dim"] = head_width(config_class, plain)
    heads = {"num_attention_heads": 8, "num_key_value_heads": 8}
    whole, rest = (made(config_class, hidden_size=size, **heads) is not None for size in (176, 178))
    found["whole_heads"] = whole and not rest
    if found["head_dim"] == "by layer":
        found["head_dim"] = widths_by_kind(plain)
    found["types"] = [name for name in TYPES if stated(config_class, name, parameters_of(name, plain)) is not None]
    head_dim = width(plain, "full_attention_inv_freq") if "" in found["rope"] else 0
    asked = made(config_class, rotary_dim=head_dim // 4) if head_dim else None
    reads: dict[str, Any] = {
        "rotary_dim|": changed(asked, "partial_rotary_factor", head_dim // 4 / head_dim) if asked else None
    }
    name = next(iter(found["types"]), "linear")
    rest = parameters_of(name, plain)
    scaling = {"rope_type": name, **rest}
    contexts: dict[str, dict[str, Any]] = {"": {}, "rope_scaling": {"rope_scaling": scaling}}
    contexts["rope_parameters"] = {
        "rope_parameters": {"rope_type": "default"}
        if "" in found["rope"]
        else {kind: {"rope_type": "default"} for kind in found["rope"]}
    }
    for context, others in contexts.items():
        for key, value in FLAT.items():
            result = "rope_theta" if value == BASE else "partial_rotary_factor"
            reads[f"{key}|{context}"] = changed(made(config_class, **others, **{key: value}), result, value)
        if "attn_config" in getattr(config_class, "sub_configs", {}):
            inner = made(config_class, **others, attn_config={"rope_theta": BASE})
            reads[f"attn_config.rope_theta|{context}"] = changed(inner, "rope_theta", BASE)
    for place in PLACES:
        for key in ("rope_type", "type"):
            parameters = {key: name, **rest} | ({} if place == "rope_scaling" else {"rope_theta": BASE})
            asked = made(config_class, **{place: parameters})
            reads[f"{place}.{key}|form"] = changed(asked, "rope_type", name)
            if place == "rope_parameters":
                reads[f"base by {key}|form"] = changed(asked, "rope_theta", BASE)
    found["reads"] = reads
    both = made(config_class, rope_scaling=scaling, rope_parameters={"rope_theta": BASE})
    found["keeps_base"] = bool(changed(both, "rope_theta", BASE))
    unscaled = made(config_class, rope_scaling=None)
    found["null"] = None if unscaled is None else {kind: one.get("rope_type") for kind, one in unscaled.items()}
    return found


def parameters_of(rope_type: str, config: Any) -> dict[str, Any]:
    """Parameters of a rope type; lists have an entry for each pair of a head."""
    found = dict(TYPES[rope_type])
    if rope_type == "longrope":
        pairs = width(config, "sliding_attention_inv_freq") // 2
        found |= {"short_factor": [1.0] * pairs, "long_factor": [4.0] * pairs}
    return found


def stated(config_class: type, name: str, rest: Mapping[str, Any]) -> dict | None:
    """The parameters of a config that asks for a rope type in the form of its own default; None if refused."""
    parameters = {"rope_type": name, "rope_theta": BASE, **rest}
    default = kinds(config_class())
    for more in ({}, {"short_mscale": 1.0, "long_mscale": 1.0}):  # Phi-3.5 MoE needs these under every scaled type
        one = parameters | more
        nested = one if "" in default else {kind: dict(one) for kind in default}
        found = made(config_class, rope_parameters=nested)
        if changed(found, "rope_type", name):
            return found
    return None


def head_width(config_class: type, plain: Any) -> int | str:
    """A number, if the class has a default; "derived" from two sizes, or "doubled"; "slice", the part that rotates."""
    sizes = {"hidden_size": 176, "num_attention_heads": 8}
    try:
        small = config_class(**sizes)
    except Exception:
        return "derived" if value_of(plain, "head_dim") is None else value_of(plain, "head_dim")
    width = value_of(small, "head_dim")
    if isinstance(value_of(plain, "qk_rope_head_dim"), int) and width == value_of(plain, "qk_rope_head_dim"):
        return "slice"
    return {None: "derived", 22: "derived", 44: "doubled"}.get(width, width)


def beside(config_class: type, parts: Mapping[str, str]) -> dict[str, list[str]]:
    """RoPE keys of a multimodal config that count for a part: with the part in the file, and without it."""
    found = {}
    probes = {
        "rope_theta": BASE,
        "partial_rotary_factor": FACTOR,
        "rope_scaling": {"rope_type": "linear", "factor": 4.0},
    }
    for key, value in probes.items():
        for form in ("with", "without"):
            for part in parts:
                if not part.endswith("text_config"):
                    continue
                given = {key: copy.deepcopy(value)} | ({part: {}} if form == "with" else {})
                try:
                    text = getattr(config_class(**given), part)
                except Exception:
                    continue
                wanted = {"rope_theta": BASE, "partial_rotary_factor": FACTOR}.get(key, "linear")
                name = "rope_type" if key == "rope_scaling" else key
                if any(one.get(name) == wanted for one in kinds(text).values()):
                    found.setdefault(f"{key}, {form} {part}", []).append(part)
    return found


def rotary_modules() -> dict[str, dict[str, bool]]:
    """By model type: whether a rotary module reads `partial_rotary_factor`, and whether its table is of usual width.

    The usual table has an entry for each pair of a head, or of the part of the head that the default factor rotates.
    """
    found: dict[str, dict[str, bool]] = {}
    for file in sorted((Path(transformers.__file__).parent / "models").glob("*/modeling_*.py")):
        if "RotaryEmbedding" not in file.read_text():
            continue
        module = importlib.import_module(f"transformers.models.{file.parent.name}.{file.stem}")
        for name, rotary in list(vars(module).items()):
            if not (inspect.isclass(rotary) and "RotaryEmbedding" in name and rotary.__module__ == module.__name__):
                continue
            config = inspect.get_annotations(rotary.__init__).get("config")
            try:
                plain = config()
                if not getattr(plain, "rope_parameters", None):
                    plain = plain.get_text_config()
                if f".{file.parent.name}." not in type(plain).__module__:
                    continue  # the config of another model
                whole, half = (table_of(rotary, plain, factor) for factor in (1.0, 0.5))
                usual = all(len(table) == width(plain, name) // 2 for name, table in whole.items())
            except Exception:  # a module that is built otherwise, or refuses the factor
                continue
            one = found.setdefault(plain.model_type, {"reads_factor": False, "usual": True})
            one["reads_factor"] |= whole != half
            one["usual"] &= usual
    return found


def width(config: Any, table: str) -> int:
    head_dim = value_of(config, "head_dim")
    if head_dim == "by layer":
        return widths_by_kind(config)[table.removesuffix("_inv_freq")]
    if head_dim is not None:
        return head_dim
    hidden_size, heads = value_of(config, "hidden_size"), value_of(config, "num_attention_heads")
    return hidden_size // heads if hidden_size and heads else 64


def table_of(rotary: type, plain: Any, factor: float) -> dict[str, Any]:
    parameters = copy.deepcopy(plain.rope_parameters)
    for one in [one for one in parameters.values() if isinstance(one, dict)] or [parameters]:
        one["partial_rotary_factor"] = factor
    module = rotary(type(plain)(rope_parameters=parameters))
    tables = {name: table for name, table in module.named_buffers() if name.endswith("inv_freq")}
    return {name: table.tolist() for name, table in tables.items() if "original" not in name}


def main() -> None:
    warnings.simplefilter("ignore")
    logging.set_verbosity(50)
    names = sys.argv[1:]
    with_tables = names[:1] == ["tables"]
    names = names[with_tables:] or list(CONFIG_MAPPING)
    found: dict[str, Any] = {}
    for name in names:
        try:
            found[name] = facts(CONFIG_MAPPING[name])
        except Exception as error:  # a class that cannot be made without arguments
            found[name] = {"error": type(error).__name__}
    print(json.dumps({"models": found, "modules": rotary_modules() if with_tables else {}}))


if __name__ == "__main__":
    main()
