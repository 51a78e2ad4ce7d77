"""What a release makes of a config: for each kind of layers, the width of a head and how much of it rotates, and how.

A config is read as a JSON object, by what was measured of its class (`models.py`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..facts.rope_types import OLDER_NAMES, ORIGINAL_LENGTH
from .models import BASES, FACTORS, SWITCHES, WITHIN_ATTENTION, Model, has_no_rope, model
from .releases import Reader


DEFAULT = "the class's default"
# More parts than any model has, also if parts are nested in parts.
MOST_PARTS = 64
_PART_KEYS = ("text_config", "vision_config", "audio_config", "llm_config", "language_config", "thinker_config")


@dataclass(frozen=True)
class Part:
    """A config, or a config within it.

    Args:
        path: the dotted key of the part; "" for the whole config.
        stated: what the file states.
        model: what is known of its class.
        above: the config that holds this one, if keys there count here.
    """

    path: str
    stated: Mapping[str, Any]
    model: Model
    above: tuple[Mapping[str, Any], Model, str] | None = None

    def place(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def size(self, key: str) -> tuple[Any, str]:
        """A size and the key that states it."""
        for name in (self.model.names.get(key), key):
            if name and self.stated.get(name) is not None:
                return self.stated[name], self.place(name)
        return self.model.sizes.get(key), DEFAULT


@dataclass
class Layers:
    """How the layers of one kind rotate, as a release has it.

    Args:
        part: the dotted key of the part of the config.
        kind: the layer type; "" if the config makes no difference between layers.
        head_dim: channels of a head; None if the config does not say it.
        rotary_ndims: channels that the config asks to rotate; None if they do not follow from keys that we know.
        base: `rope_theta`.
        rope_type: the name of the scaling.
        share: the share of a head that is stated to rotate, `partial_rotary_factor`; None without such a key.
        parameters: the parameters of the rope type.
        sources: where each of these comes from.
    """

    part: str
    kind: str
    head_dim: Any = None
    rotary_ndims: Any = None
    base: Any = None
    rope_type: Any = "default"
    share: Any = None
    parameters: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.part, self.kind))) or "all layers"

    def result(self) -> dict[str, Any]:
        """What decides the table. Two releases agree on the layers if these are equal."""
        found = {"head_dim": self.head_dim, "rotary_ndims": self.rotary_ndims, "base": self.base}
        return found | {"rope_type": self.rope_type} | self.parameters


def parts(config: Mapping[str, Any]) -> list[Part]:
    """The parts of a config that have RoPE: the config itself, its text, its encoders."""
    return [part for part in every_part(config) if has_rope(part)]


def every_part(config: Mapping[str, Any]) -> list[Part]:
    """The parts of a config, also those without RoPE."""
    found: list[Part] = []
    waiting: list[Part] = [Part("", config, model(config.get("model_type")))]
    while waiting and len(found) < MOST_PARTS:
        part = waiting.pop(0)
        found.append(part)
        inner = dict(part.model.parts) if part.model.known else {}
        for key in _PART_KEYS:
            if isinstance(part.stated.get(key), Mapping):
                inner.setdefault(key, "")
        for key, model_type in inner.items():
            if not model_type and key not in _PART_KEYS:
                continue
            stated = part.stated.get(key)
            above = (part.stated, part.model, key) if _is_text(key) else None
            if isinstance(stated, Mapping):
                # Qwen-VL files name the whole model in its encoder; the class takes its own encoder anyway
                whole = model_type and stated.get("model_type") == part.model.model_type
                known = model(model_type if whole else stated.get("model_type") or model_type)
                known = known if known.known else model(model_type)
                waiting.append(Part(part.place(key), stated, known, above))
            elif above and model(model_type).rope and not part.model.rope:
                # Published flat: the keys of the text are next to the keys of the encoders
                waiting.append(Part(part.path, part.stated, model(model_type), (part.stated, part.model, key)))
    return found


def _is_text(key: str) -> bool:
    return key.endswith(("text_config", "llm_config", "language_config"))


def has_rope(part: Part) -> bool:
    """Whether the class of a part has RoPE, or the part states it and its class is not known."""
    if switched_off(part):
        return False
    if part.model.known or has_no_rope(part.stated.get("model_type")):
        return bool(part.model.known and part.model.rope)
    return any(_stated_dict(part.stated, key) for key in ("rope_scaling", "rope_parameters")) or any(
        part.stated.get(key) is not None for key in (*BASES, "rotary_dim", "rotary_pct", "partial_rotary_factor")
    )


def switched_off(part: Part) -> str:
    """The key by which the class of a part does not rotate, with its value; "" if it rotates."""
    if part.model.model_type not in SWITCHES:
        return ""
    key, default, rotates = SWITCHES[part.model.model_type]
    value = part.stated.get(key, default)
    return "" if value == rotates else f"`{part.place(key)}`={value!r}"


def read(part: Part, reader: Reader) -> list[Layers]:
    """Every kind of layers of a part, as a release reads it."""
    if not flat_counts(part, reader):
        part = replace(part, stated={})
    return [_layers(part, kind, reader) for kind in kinds(part, reader)]


def flat_counts(part: Part, reader: Reader) -> bool:
    """Whether keys next to the encoders of a multimodal config count for the text, if the text has no config."""
    if part.above is None or part.above[0] is not part.stated or reader == "4.x":
        return True
    return bool(part.above[1].counts_for(f"rope_theta, without {part.above[2]}", "", reader))


def kinds(part: Part, reader: Reader) -> list[str]:
    """The layer types that have parameters of their own; `[""]` if all layers have the same."""
    nested = nested_kinds(part.stated) if reader != "4.x" else []
    stated = part.stated.get("layer_types")
    named = [kind for kind in stated if isinstance(kind, str)] if isinstance(stated, list) else []
    labels = nested or list(part.model.rope)
    used = [kind for kind in labels if kind in named] if named and "" not in labels else labels
    return used or labels


def nested_kinds(stated: Mapping[str, Any]) -> list[str]:
    """The layer types for which `rope_parameters` or `rope_scaling` has a dict of its own."""
    for key in ("rope_parameters", "rope_scaling"):
        found = [kind for kind, one in (_stated_dict(stated, key) or {}).items() if isinstance(one, Mapping)]
        if found:
            return found
    return []


def _stated_dict(stated: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    found = stated.get(key)
    return found if isinstance(found, Mapping) and found else None


def chosen(part: Part, kind: str, reader: Reader) -> tuple[Mapping[str, Any], str, str]:
    """The dict of RoPE parameters that counts for a kind of layers, its place, and the key of its context."""
    default = part.model.rope.get(kind) or next(iter(part.model.rope.values()), {})
    order = ("rope_scaling",) if reader == "4.x" else ("rope_scaling", "rope_parameters")
    for key in order:
        found = _stated_dict(part.stated, key)
        if found is None:
            continue
        own = found.get(kind) if kind else None
        if isinstance(own, Mapping):
            return own, f"{part.place(key)}.{kind}", key
        if kind and any(isinstance(one, Mapping) for one in found.values()):
            continue
        form = "rope_type" if found.get("rope_type") or not found.get("type") else "type"
        if kind in part.model.counts_for(f"{key}.{form}", "form", reader):
            return found, part.place(key), key
    above = _from_above(part, reader)
    if above is not None and not kind:
        return above, "rope_scaling", "rope_scaling"
    if "rope_scaling" in part.stated and part.stated["rope_scaling"] is None and reader == "fork":
        unscaled = part.model.fork.get("null") or part.model.unscaled or {}
        if default.get("rope_type") != "default" and unscaled.get(kind) == "default":
            kept = {key: default[key] for key in ("rope_theta", "partial_rotary_factor") if key in default}
            return kept | {"rope_type": "default"}, DEFAULT, ""
    return default, DEFAULT, ""


def _from_above(part: Part, reader: Reader) -> Mapping[str, Any] | None:
    """The scaling that a multimodal config states for its text."""
    if part.above is None or part.above[0] is part.stated:
        return None
    stated, above, key = part.above
    counts = above.counts_for(f"rope_scaling, with {key}", "", reader)
    found = _stated_dict(stated, "rope_scaling")
    return found if found is not None and (counts or reader == "4.x") else None


def _flat(part: Part, keys: tuple[str, ...], kind: str, context: str, reader: Reader) -> tuple[Any, str] | None:
    """The value of a key next to the dicts, if it counts for a kind of layers."""
    meant: Reader = "fork" if reader == "4.x" else reader  # the fork keeps the meaning of 4.x
    for key in keys:
        holder, _, inner = key.rpartition(".")
        stated = part.stated.get(holder) if holder else part.stated
        value = stated.get(inner) if isinstance(stated, Mapping) else None
        if value is not None and kind in part.model.counts_for(key, context, meant):
            return value, part.place(key)
    return None


def _layers(part: Part, kind: str, reader: Reader) -> Layers:
    layers = Layers(part.path, kind)
    own, place, context = chosen(part, kind, reader)
    default = part.model.rope.get(kind) or next(iter(part.model.rope.values()), {})

    def of(key: str, keys: tuple[str, ...]) -> tuple[Any, str]:
        if context and own.get(key) is not None:
            return own[key], f"{place}.{key}"
        if context == "rope_scaling" and reader != "4.x":
            other = _stated_dict(part.stated, "rope_parameters") or {}
            keeps = reader == "fork" or part.model.counts_for("keeps_base", "", reader)
            if not kind and keeps and other.get(key) is not None:
                return other[key], f"{part.place('rope_parameters')}.{key}"
        flat = _stated_dict(part.stated, "rope_parameters") or {}
        if key == "rope_theta" and kind and flat.get(key) is not None and reader != "4.x":
            form = "rope_type" if flat.get("rope_type") or not flat.get("type") else "type"
            if kind in part.model.counts_for(f"base by {form}", "form", reader):
                return flat[key], f"{part.place('rope_parameters')}.{key}"
        found = _flat(part, keys, kind, context, reader)
        return found or (default.get(key), DEFAULT)

    layers.base, layers.sources["base"] = of("rope_theta", (*BASES, WITHIN_ATTENTION))
    factor, factor_place = of("partial_rotary_factor", FACTORS)
    layers.rope_type, layers.sources["rope_type"] = _rope_type(own, place, context)
    left_out = ("rope_theta", "partial_rotary_factor", "rope_type", "type")
    layers.parameters = {key: value for key, value in own.items() if key not in left_out}
    if context:
        layers.sources |= {key: f"{place}.{key}" for key in layers.parameters}
    else:
        layers.sources |= dict.fromkeys(layers.parameters, DEFAULT)
    outside = part.stated.get(ORIGINAL_LENGTH)
    if layers.rope_type in ("yarn", "longrope", "llama3") and not kind and outside is not None:
        layers.parameters[ORIGINAL_LENGTH], layers.sources[ORIGINAL_LENGTH] = outside, part.place(ORIGINAL_LENGTH)
    layers.head_dim, layers.sources["head_dim"] = head_dim(part, kind)
    layers.share = factor
    _set_width(part, layers, factor, factor_place, reader)
    return layers


def _rope_type(own: Mapping[str, Any], place: str, context: str) -> tuple[Any, str]:
    for key in ("rope_type", "type"):
        value = own.get(key)
        if value is not None:
            value = OLDER_NAMES.get(value, value) if isinstance(value, str) else value
            return value, f"{place}.{key}" if context else DEFAULT
    return "default", DEFAULT


def head_dim(part: Part, kind: str) -> tuple[Any, str]:
    """The width of a head, and the key or keys that state it."""
    known = part.model.head_dim
    if known == "slice" or not part.model.known and is_size(part.stated.get("qk_rope_head_dim")):
        return part.size("qk_rope_head_dim")
    if isinstance(known, Mapping):
        key = "global_head_dim" if kind == "full_attention" else "head_dim"
        value = part.stated.get(key)
        return (known.get(kind), DEFAULT) if value is None else (value, part.place(key))
    value, place = part.stated.get("head_dim"), part.place("head_dim")
    if value is not None:
        return value, place
    if isinstance(known, int):
        return known, DEFAULT
    (size, size_place), (heads, heads_place) = part.size("hidden_size"), part.size("num_attention_heads")
    if is_size(size) and is_size(heads):
        times, told = (2, "2 * ") if known == "doubled" else (1, "")
        both_unstated = size_place == heads_place == DEFAULT
        return times * size // heads, DEFAULT if both_unstated else f"{told}{size_place} / {heads_place}"
    return None, DEFAULT


def is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _set_width(part: Part, layers: Layers, factor: Any, place: str, reader: Reader) -> None:
    width = layers.head_dim
    layers.sources["rotary_ndims"] = place
    if not is_size(width) or not part.model.usual or layers.rope_type == "axial":
        return
    channels = part.stated.get("rotary_dim", part.model.sizes.get("rotary_dim"))
    meant: Reader = "fork" if reader == "4.x" else reader
    takes_channels = not part.model.known or bool(part.model.counts_for("rotary_dim", "", meant))
    if is_number(channels) and math.isfinite(channels) and factor is None and takes_channels:
        stated = "rotary_dim" in part.stated
        layers.rotary_ndims = int(channels)
        layers.sources["rotary_ndims"] = part.place("rotary_dim") if stated else DEFAULT
        return
    ignored = reader == "5.x" and not part.model.reads_factor and layers.rope_type == "default"
    is_slice = layers.sources["head_dim"] == part.place("qk_rope_head_dim")
    if factor is None or ignored or is_slice or part.model.head_dim == "slice":
        layers.rotary_ndims, layers.sources["rotary_ndims"] = width, layers.sources["head_dim"]
    elif is_number(factor) and 0 <= factor <= 1:
        layers.rotary_ndims = int(width * factor)
