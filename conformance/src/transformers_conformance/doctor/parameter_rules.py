"""Rules about the parameters of one kind of layers: are they there, are they numbers, do they fit together?"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..facts.rope_types import OF_ALL, ORIGINAL_LENGTH, ROPE_TYPES
from .finding import Finding
from .geometry import DEFAULT, Layers, Part, is_number, is_size


# Keys that single models or other programs read. None of them changes a table by itself, except `alpha`.
_OF_MODELS = frozenset(
    ("mrope_section", "mrope_interleaved", "interleaved", "alpha", "short_mscale", "long_mscale", "finetuned")
    + ("llama_4_scaling_beta", "max_position_embeddings", "original_inv_freq", "axes_dim", "layer_type")
)
_BY_ALPHA = ("beta_fast", "beta_slow", "mscale", "mscale_all_dim", "factor")  # HunYuan writes all of them
Rule = Callable[[Part, Layers], Iterator[Finding]]


def place_of(layers: Layers, key: str) -> str:
    """The dotted key of a parameter, also of one that is missing."""
    if layers.sources.get(key, DEFAULT) != DEFAULT:
        return layers.sources[key]
    stated = layers.sources.get("rope_type", DEFAULT)
    return f"{stated.rpartition('.')[0]}.{key}" if stated != DEFAULT else key


def rope_type(part: Part, layers: Layers) -> Iterator[Finding]:
    name = layers.rope_type
    known = (*ROPE_TYPES, "axial")
    if not isinstance(name, str) or name not in known:
        text = f"`rope_type` is {name!r}, and must be one of {', '.join(ROPE_TYPES)}"
        advice = "correct the name; a type of a model's own code cannot be checked"
        yield Finding("unknown-rope-type", place_of(layers, "rope_type"), text, advice, severe=part.model.known)
    elif part.model.types is not None and name in ROPE_TYPES and name not in ("default", *part.model.types):
        taken = ", ".join(part.model.types) or "no scaled type"
        text = f"the class of `model_type`={part.model.model_type!r} takes {taken}, and not {name!r}"
        yield Finding(
            "type-not-taken", place_of(layers, "rope_type"), text, "choose a type that it takes", severe=True
        )


def no_type(part: Part, layers: Layers) -> Iterator[Finding]:
    """Scaling without a name has no effect on upstream, and the fork refuses it."""
    scaling = ("factor", "short_factor", "long_factor", "low_freq_factor", "high_freq_factor")
    stated = [key for key in scaling if layers.sources.get(key, DEFAULT) != DEFAULT and key in layers.parameters]
    if layers.rope_type == "default" and layers.sources.get("rope_type") == DEFAULT and stated:
        text = f"`{stated[0]}`={_short(layers.parameters[stated[0]])} has no effect without a `rope_type`"
        place = layers.sources[stated[0]]
        yield Finding("missing-rope-type", place, text, "state the `rope_type`, or remove the key", severe=True)


def required(part: Part, layers: Layers) -> Iterator[Finding]:
    if not isinstance(layers.rope_type, str) or layers.rope_type not in ROPE_TYPES:
        return
    for key in ROPE_TYPES[layers.rope_type].required:
        if layers.parameters.get(key) is None and not (key == "factor" and layers.parameters.get("alpha")):
            text = f"the rope type {layers.rope_type!r} needs `{key}`"
            yield Finding("missing-key", place_of(layers, key), text, f"add `{key}`", severe=True)


def numbers(part: Part, layers: Layers) -> Iterator[Finding]:
    positive = {"rope_theta": layers.base}
    if layers.rope_type != "default":
        positive |= {key: layers.parameters.get(key) for key in ("factor", ORIGINAL_LENGTH)}
    for key, value in positive.items():
        if value is None or _is_positive(value):
            continue
        name = "base" if key == "rope_theta" else key
        text = f"`{key}` must be a finite number above 0, but is {_short(value)}"
        yield Finding("no-positive-number", place_of(layers, name), text, "correct the value", severe=True)
    plain = {"llama3": ("low_freq_factor", "high_freq_factor"), "yarn": ("beta_fast", "beta_slow", "attention_factor")}
    for key in plain.get(layers.rope_type, ()) if isinstance(layers.rope_type, str) else ():
        value = layers.parameters.get(key)
        if value is not None and not is_number(value):
            text = f"`{key}` must be a number, but is {_short(value)}"
            yield Finding("no-number", place_of(layers, key), text, "correct the value", severe=True)


def factor_below_one(part: Part, layers: Layers) -> Iterator[Finding]:
    factor = layers.parameters.get("factor")
    if layers.rope_type != "default" and _is_positive(factor) and factor < 1:
        text = f"`factor`={factor} is below 1, so positions count more instead of less"
        yield Finding("factor-below-one", place_of(layers, "factor"), text, "a factor is 1 or more")


def lengths(part: Part, layers: Layers) -> Iterator[Finding]:
    """The factor of YaRN and LongRoPE is the ratio of two lengths, and the original length is the shorter one."""
    found = ROPE_TYPES.get(layers.rope_type) if isinstance(layers.rope_type, str) else None
    if found is None or not (found.by_length or layers.rope_type == "dynamic"):
        return
    longest, place = part.size("max_position_embeddings")
    if not _is_positive(longest):
        if part.model.known and longest is None:
            text = f"the rope type {layers.rope_type!r} scales by a length, and there is no `max_position_embeddings`"
            advice = "add `max_position_embeddings`"
            yield Finding("no-length", part.place("max_position_embeddings"), text, advice, severe=True)
        return
    original, factor = layers.parameters.get(ORIGINAL_LENGTH), layers.parameters.get("factor")
    if not found.by_length or not _is_positive(original):
        return
    if layers.rope_type == "llama3" and original >= longest:
        text = f"`{ORIGINAL_LENGTH}`={original} is not below `max_position_embeddings`={longest}"
        yield Finding("length-order", place_of(layers, ORIGINAL_LENGTH), text, "correct one of the lengths")
    ratio = longest / original
    if layers.rope_type in ("yarn", "longrope") and _is_positive(factor) and ratio != 1:
        if not math.isclose(ratio, factor, rel_tol=1e-6):
            text = (
                f"`factor`={factor}, but `max_position_embeddings`={longest} is {ratio:.6g} times "
                f"`{ORIGINAL_LENGTH}`={original}; all releases use the factor"
            )
            advice = "correct the factor or a length"
            if max(factor, original) < 1e9:
                length = round(factor * original)
                advice = f"if the factor is right, write `max_position_embeddings`={length}; else correct the factor"
            yield Finding("factor-and-lengths", place_of(layers, "factor"), text, advice)


def list_lengths(part: Part, layers: Layers) -> Iterator[Finding]:
    if layers.rope_type != "longrope":
        return
    for key in ("short_factor", "long_factor"):
        value = layers.parameters.get(key)
        if value is None:
            continue
        if not isinstance(value, list) or not all(map(is_number, value)):
            text = f"`{key}` must be a list of numbers, but is {_short(value)}"
            yield Finding("no-list", place_of(layers, key), text, "write one number for each pair", severe=True)
        elif is_size(layers.rotary_ndims) and len(value) != (pairs := layers.rotary_ndims // 2):
            text = f"`{key}` has {len(value)} entries, and {layers.rotary_ndims} rotary channels have {pairs} pairs"
            advice = "write one number for each pair"
            yield Finding("list-length", place_of(layers, key), text, advice, severe=len(value) != 1)


def order(part: Part, layers: Layers) -> Iterator[Finding]:
    fast, slow = (layers.parameters.get(key) for key in ("beta_fast", "beta_slow"))
    if layers.rope_type == "yarn" and all(one is None or is_number(one) for one in (fast, slow)):
        if (fast or 32) < (slow or 1):
            text = f"`beta_fast`={fast or 32} is below `beta_slow`={slow or 1}, so slow pairs count as fast"
            yield Finding("order", place_of(layers, "beta_fast"), text, "exchange the two values")
    low, high = (layers.parameters.get(key) for key in ("low_freq_factor", "high_freq_factor"))
    if layers.rope_type == "llama3" and is_number(low) and is_number(high) and high < low:
        text = f"`high_freq_factor`={high} is below `low_freq_factor`={low}"
        yield Finding("order", place_of(layers, "high_freq_factor"), text, "exchange the two values")


def sections(part: Part, layers: Layers) -> Iterator[Finding]:
    """Each axis has some of the pairs, and together they have all pairs."""
    value = layers.parameters.get("mrope_section")
    if value is None or not is_size(layers.rotary_ndims) or not is_size(layers.head_dim):
        return
    place, pairs = place_of(layers, "mrope_section"), layers.rotary_ndims // 2
    if not isinstance(value, list) or not all(isinstance(one, int) and one >= 0 for one in value):
        yield Finding(
            "no-list", place, f"`mrope_section` is {_short(value)}", "write a list of numbers of pairs", True
        )
    elif (total := sum(value)) != pairs:
        text = f"`mrope_section`={value} has {total} pairs, and {layers.rotary_ndims} rotary channels have {pairs}"
        whole = total == layers.head_dim // 2
        advice = f"write sections whose sum is {pairs}"
        if whole:
            advice += "; these are the sections of a whole head, which the releases cut"
        yield Finding("sections", place, text, advice, severe=not whole)


def ignored(part: Part, layers: Layers) -> Iterator[Finding]:
    """Keys next to the parameters that no release reads."""
    if not isinstance(layers.rope_type, str) or layers.rope_type not in ROPE_TYPES or any(no_type(part, layers)):
        return
    one = ROPE_TYPES[layers.rope_type]
    read = {*OF_ALL, *one.required, *one.optional, *_OF_MODELS}
    if one.by_length:
        read.add(ORIGINAL_LENGTH)
    if layers.parameters.get("alpha"):
        read.update(_BY_ALPHA)
    default = part.model.rope.get(layers.kind, {})
    for key in layers.parameters:
        if key in read or key in default or layers.sources.get(key) == DEFAULT:
            continue
        if isinstance(layers.parameters[key], Mapping):
            continue
        text = f"`{key}`={_short(layers.parameters[key])} has no effect under the rope type {layers.rope_type!r}"
        yield Finding("ignored-key", layers.sources[key], text, f"remove it{_meant(key)}")


def _meant(key: str) -> str:
    types = [name for name, one in ROPE_TYPES.items() if key in one.required]
    return f", or state the type that reads it: {', '.join(types)}" if types else ""


def _is_positive(value: Any) -> bool:
    return is_number(value) and 0 < value < math.inf


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


RULES: tuple[Rule, ...] = (
    rope_type,
    no_type,
    required,
    numbers,
    factor_below_one,
    lengths,
    list_lengths,
    order,
    sections,
    ignored,
)
