"""Rules about a part of a config: what releases make of its keys, and where they do not agree."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..facts.rope_types import OLDER_NAMES
from .finding import Finding
from .geometry import Layers, Part, is_number, is_size, nested_kinds, read
from .models import BASES, FACTORS, WITHIN_ATTENTION
from .releases import Reader


Rule = Callable[[Part], Iterator[Finding]]
ON_UPSTREAM = "upstream 5.x"


def widths(part: Part) -> Iterator[Finding]:
    """Widths that do not fit: a head that is no whole number of channels, a share that is no share."""
    (size, place), (heads, _) = part.size("hidden_size"), part.size("num_attention_heads")
    keys = ("head_dim",) if part.model.known else ("head_dim", "qk_rope_head_dim")
    derived = part.model.head_dim == "derived" and all(part.stated.get(key) is None for key in keys)
    refused = part.model.whole_heads
    if (derived or refused) and is_size(size) and is_size(heads) and size % heads:
        text = f"{size} channels are no whole number of channels for each of {heads} heads: {size / heads:.2f}"
        if refused:
            text += f"; all builds of 5.x refuse this, and 4.x took {size // heads}"
        advice = "load the file with 4.x" if refused else f"all releases take {size // heads}: is this meant?"
        yield Finding("head-not-whole", place, text, advice, severe=refused)
    for key in FACTORS:
        for place, value in _all(part, key):
            if not is_number(value) or not 0 <= value <= _largest_share(part):
                text = f"`{key}` must be a number from 0 to 1, but is {value!r}"
                yield Finding("no-share", place, text, "write the share of the head that rotates", severe=True)
    (layers, *_) = read(part, "fork") or [Layers("", "")]
    channels, width = part.stated.get("rotary_dim"), layers.head_dim
    if channels is not None and is_size(width) and not (is_number(channels) and 0 <= channels <= width):
        text = f"`rotary_dim` must be a number from 0 to {width}, the width of a head, but is {channels!r}"
        yield Finding("no-width", part.place("rotary_dim"), text, "write a number of channels", severe=True)


def _largest_share(part: Part) -> float:
    """1, or more where a class has a larger default, because its code counts channels otherwise (EfficientLoFTR)."""
    return max([1.0, *(one.get("partial_rotary_factor") or 0 for one in part.model.rope.values())])


def odd_widths(part: Part) -> Iterator[Finding]:
    for layers in read(part, "fork"):
        width, head = layers.rotary_ndims, layers.head_dim
        if not is_size(width) or width % 2 == 0:
            continue
        place = layers.sources["rotary_ndims"]
        if width == 1:
            text = f"of a head of {head} channels, one rotates: this is no pair, so positions have no effect"
            yield Finding("one-channel", place, text, "rotate at least two channels")
        elif width == head and head > 4:
            text = f"heads have {head} channels, an odd number; {ON_UPSTREAM} refuses them or fails, and the fork "
            text += f"rotates {width - 1}"
            yield Finding("odd-width", place, text, "use the fork, or heads of an even width")
        else:
            text = f"{width} of {head} channels rotate, an odd number; {ON_UPSTREAM} makes a table for {width + 1}, "
            text += f"and rotates too many or fails, and the fork rotates {width - 1}"
            yield Finding("odd-width", place, text, "use the fork, or ask for an even number of channels")


def older_names(part: Part) -> Iterator[Finding]:
    """`type` and the older names of types, where a class of 5.x does not read them."""
    for key in ("rope_scaling", "rope_parameters"):
        for place, one in _dicts(part, key):
            name = one.get("rope_type") or one.get("type")
            if "rope_type" not in one and "type" in one:
                if not _read_by_upstream(part, key):
                    text = f"`type`={name!r} is the older name of `rope_type`, and {ON_UPSTREAM} does not read it here"
                    yield Finding("older-key", f"{place}.type", text, "rename the key to `rope_type`")
            if name == "su" and part.model.known:  # a model's own code may know this name only
                text = f"'su' is the first name of 'longrope', and {ON_UPSTREAM} fails on it"
                key_of_name = "rope_type" if one.get("rope_type") else "type"
                yield Finding("older-name", f"{place}.{key_of_name}", text, "write 'longrope'")
            if {"rope_type", "type"} <= one.keys() and _newer(one["type"]) != _newer(one["rope_type"]):
                text = f"`rope_type`={one['rope_type']!r} counts, and `type`={one['type']!r} does not"
                yield Finding("contradiction", f"{place}.type", text, "remove `type`")


def flat_in_nested(part: Part) -> Iterator[Finding]:
    """Parameters for all layers, where a class keeps them by layer type."""
    if "" in part.model.rope or not part.model.known or nested_kinds(part.stated):
        return
    for key in ("rope_scaling", "rope_parameters"):
        for place, _ in _dicts(part, key):
            # `older_names` is about the other name of the key
            counts = {reader: part.model.counts_for(f"{key}.rope_type", "form", reader) for reader in ("5.x", "fork")}
            if counts["5.x"] and "" not in counts["5.x"]:
                continue
            kinds = ", ".join(part.model.rope)
            text = f"the class keeps parameters by layer type ({kinds}), and {ON_UPSTREAM} ignores this dict or fails"
            if counts["fork"] and "" not in counts["fork"]:
                text += f"; the fork reads it for {', '.join(counts['fork'])}"
            yield Finding("not-by-layer-type", place, text, "write `rope_parameters` with a dict for each layer type")


def layer_types(part: Part) -> Iterator[Finding]:
    """Dicts by layer type must have the layer types of the config."""
    nested = nested_kinds(part.stated)
    named = part.stated.get("layer_types")
    if not nested or not isinstance(named, list) or not part.model.known or "" in part.model.rope:
        return
    for kind in part.model.rope:
        if kind in named and kind not in nested:
            text = f"`layer_types` has {kind!r}, and the RoPE parameters have no dict for it"
            place = part.place("rope_parameters")
            yield Finding("no-parameters-for-layer-type", place, text, "add a dict for this layer type", severe=True)


def unread_keys(part: Part) -> Iterator[Finding]:
    """Flat keys that no class reads, or only the fork."""
    if not part.model.known:
        return
    kinds = nested_kinds(part.stated)
    context = next((key for key in ("rope_scaling", "rope_parameters") if part.stated.get(key)), "")
    for key in (*BASES, *FACTORS):
        value = part.stated.get(key)
        if value is None or kinds and any(one.get(_name(key)) is not None for _, one in _dicts(part, context)):
            continue
        counts = {reader: part.model.counts_for(key, context, reader) for reader in ("5.x", "fork")}
        if not counts["fork"] and not counts["5.x"]:
            if _name(key) == "rope_theta" and value == next(iter(part.model.rope.values()), {}).get("rope_theta"):
                continue  # it says what counts anyway
            if key in FACTORS and value == 1 and _rotates_whole_heads(part):
                continue
            text = f"`{key}`={value!r} has no effect for `model_type`={part.model.model_type!r}"
            yield Finding("ignored-key", part.place(key), text, _instead(part, key))


def contradictions(part: Part) -> Iterator[Finding]:
    """The same thing stated twice, with two values."""
    for key in (*BASES, *FACTORS):
        flat, name = part.stated.get(key), _name(key)
        if flat is None or key in ("local_rope_theta", "global_rope_theta", "rope_local_base_freq"):
            continue
        for context in ("rope_scaling", "rope_parameters"):
            for place, one in _dicts(part, context):
                if nested_kinds(part.stated):
                    continue
                inner = one.get(name)
                if inner is not None and inner != flat:
                    text = f"`{key}`={flat!r}, but `{place}.{name}`={inner!r}, which is what {ON_UPSTREAM} takes"
                    yield Finding("contradiction", part.place(key), text, "write one value, in one place")
    scaling, parameters = (part.stated.get(key) for key in ("rope_scaling", "rope_parameters"))
    if isinstance(scaling, Mapping) and scaling and isinstance(parameters, Mapping) and parameters:
        types = [_newer(one.get("rope_type") or one.get("type") or "default") for one in (scaling, parameters)]
        if types[0] != types[1] and not nested_kinds(part.stated):
            text = f"`rope_scaling` asks for {types[0]!r}, and `rope_parameters` for {types[1]!r}; the first counts"
            yield Finding("contradiction", part.place("rope_scaling"), text, "keep one of the two dicts")


def other_programs(part: Part) -> Iterator[Finding]:
    """Keys of other programs, which change what these compute and nothing in Transformers."""
    if isinstance(part.stated.get("dual_chunk_attention_config"), Mapping):
        text = "no release of Transformers reads `dual_chunk_attention_config`; other programs change positions by it"
        advice = "results at long lengths differ from those programs; nothing is to change in this file"
        yield Finding("other-program", part.place("dual_chunk_attention_config"), text, advice)
    attention = part.stated.get("attn_config")
    if not isinstance(attention, Mapping):
        return
    for key in ("rope_theta", "rope_scaling", "rope"):
        value = attention.get(key)
        if not value:
            continue
        place = part.place(f"attn_config.{key}")
        if key == "rope_theta" and part.model.counts_for(WITHIN_ATTENTION, "", "fork"):
            continue  # `differences` says it
        if part.model.known or not part.stated.get("auto_map"):
            text = f"no class of Transformers reads `attn_config.{key}`={value!r} here"
            yield Finding("ignored-key", place, text, "a model's own code may read it; else remove it")


def _rotates_whole_heads(part: Part) -> bool:
    return all(one.rotary_ndims == one.head_dim for one in read(part, "fork"))


def _instead(part: Part, key: str) -> str:
    usual = {"rope_theta": BASES, "partial_rotary_factor": FACTORS}[_name(key)]
    counts = [name for name in usual if part.model.counts_for(name, "", "5.x")]
    return f"write `{counts[0]}`, or remove it" if counts else "write it into `rope_parameters`, or remove it"


def _name(key: str) -> str:
    return "rope_theta" if key in BASES else "partial_rotary_factor"


def _newer(name: Any) -> Any:
    return OLDER_NAMES.get(name, name) if isinstance(name, str) else name


def _dicts(part: Part, key: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The dicts of RoPE parameters under a key, one for each layer type, with their places."""
    found = part.stated.get(key)
    if not isinstance(found, Mapping) or not found:
        return []
    inner = [(f"{part.place(key)}.{kind}", one) for kind, one in found.items() if isinstance(one, Mapping)]
    return inner or [(part.place(key), found)]


def _all(part: Part, key: str) -> Iterator[tuple[str, Any]]:
    if part.stated.get(key) is not None:
        yield part.place(key), part.stated[key]
    for name in ("rope_scaling", "rope_parameters"):
        for place, one in _dicts(part, name):
            if one.get(key) is not None:
                yield f"{place}.{key}", one[key]


def _read_by_upstream(part: Part, key: str) -> bool:
    return nested_kinds(part.stated) != [] or bool(part.model.counts_for(f"{key}.type", "form", "5.x"))


def differences(part: Part, readers: Sequence[tuple[str, Reader]]) -> Iterator[Finding]:
    """Where releases make something else of the same layers.

    Args:
        readers: the releases to compare, with their names; the first is the one whose meaning is to be kept.
    """
    if not part.model.known:
        return
    results = [(name, {one.kind: one for one in read(part, reader)}) for name, reader in readers]
    seen = set()
    for position, (name, one) in enumerate(results):
        for other_name, other in results[position + 1 :]:
            for kind in one.keys() & other.keys():
                before, after = one[kind].result(), other[kind].result()
                changed = [key for key in _TOLD if before.get(key) != after.get(key) and (kind, key) not in seen]
                if not changed:
                    continue
                seen.update((kind, key) for key in changed)
                place = _told_place(one[kind], other[kind], changed[0])
                text = f"{kind}: " if kind else ""
                text += f"{_told(before, changed)} for {name}; {_told(after, changed)} for {other_name}"
                yield Finding("differs", place, text, "write it in a form that all of them read in the same way")


_TOLD = ("head_dim", "rotary_ndims", "base", "rope_type", "factor", "original_max_position_embeddings")


def _told(result: Mapping[str, Any], keys: Sequence[str]) -> str:
    return ", ".join(f"{key} {result[key]!r}" if result.get(key) is not None else f"no {key}" for key in keys)


def _told_place(one: Layers, other: Layers, key: str) -> str:
    places = [layers.sources.get(key, "") for layers in (one, other)]
    return next((place for place in places if place and " " not in place), places[0] or one.name)


RULES: tuple[Rule, ...] = (
    widths,
    odd_widths,
    older_names,
    flat_in_nested,
    layer_types,
    unread_keys,
    contradictions,
    other_programs,
)
