"""What to write instead: the same config, in a form that every release from 5.0 on reads in the same way."""

import copy
import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..facts.rope_types import OLDER_NAMES
from .finding import Finding
from .geometry import Layers, Part, parts, read
from .models import BASES, FACTORS, measured_release
from .releases import Reader


_DICTS = ("rope_scaling", "rope_parameters")
_INDENT = re.compile(r"^([ \t]+)\"", re.MULTILINE)
# The parameters that give the type of a dict away.
_TELLING = {"short_factor": "longrope", "long_factor": "longrope", "low_freq_factor": "llama3"}


def repaired(
    config: Mapping[str, Any], findings: Iterable[Finding], meant: Reader, for_older: bool = False
) -> dict[str, Any]:
    """The config with corrections; equal to the config if there is nothing to correct, or no safe way.

    Args:
        findings: those of the config.
        meant: how the release reads that wrote the config. Its meaning is kept.
        for_older: whether a release of 4.x must read the result, which does not know `rope_parameters`.
    """
    new = copy.deepcopy(dict(config))
    by_rule: dict[str, list[str]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding.place)
    for place in by_rule.get("older-key", ()):
        _rename_type(new, place)
    for place in by_rule.get("older-name", ()):
        holder = _at(new, place.rpartition(".")[0])
        if holder is not None:
            holder[place.rpartition(".")[2]] = "longrope"
    for place in by_rule.get("missing-rope-type", ()):
        _name_type(new, place)
    for place in by_rule.get("ignored-key", ()):
        if ".attn_config" not in f".{place}":
            _remove(new, place)
    # Did the writer mean the dict that its release ignores, or does the model need none? Nobody but the writer knows.
    unclear = meant == "5.x" and "not-by-layer-type" in by_rule
    if not (for_older or unclear) and {"differs", "not-by-layer-type", "contradiction"} & by_rule.keys():
        unified = [_unify(new, part, meant) for part in parts(config)]
        if any(unified) and meant == "4.x":
            new["transformers_version"] = measured_release()  # by its form, the file is no longer one of 4.x
    return new


def _unify(new: dict[str, Any], part: Part, meant: Reader) -> bool:
    """Writes the RoPE parameters of a part in today's form, if releases read the part in different ways.

    Returns:
        Whether something was written.
    """
    wanted = read(part, meant)
    if not part.model.known or (part.above and part.above[0] is part.stated) or _agree(part, wanted):
        return False
    place = _at(new, part.path)
    if place is None:
        return False
    before = copy.deepcopy(place)
    _replace(place, ("rope_scaling", "rope_parameters", *BASES, *FACTORS), "rope_parameters", _dict_of(wanted, part))
    attention = place.get("attn_config")
    if isinstance(attention, dict):
        attention.pop("rope_theta", None)
    if not _agree(Part(part.path, place, part.model, part.above), wanted):
        place.clear()
        place.update(before)
        return False
    return True


def _replace(place: dict[str, Any], keys: tuple[str, ...], new: str, value: Any) -> None:
    """Puts one key where the first of several keys is, or at the end, and removes these."""
    items: dict[str, Any] = {}
    for key, one in place.items():
        items |= {new: value} if key in keys else {key: one}
    place.clear()
    place.update({**items, new: value})


def _agree(part: Part, wanted: list[Layers]) -> bool:
    """Whether both builds of 5.x read a part as the release meant it that wrote it."""
    results = {one.kind: _result(one) for one in wanted}
    return all({one.kind: _result(one) for one in read(part, reader)} == results for reader in ("5.x", "fork"))


def _result(layers: Layers) -> dict[str, Any]:
    return {key: value for key, value in layers.result().items() if value is not None}


def _dict_of(wanted: list[Layers], part: Part) -> dict[str, Any]:
    found = {}
    for one in wanted:
        share = (
            {}
            if one.share in (None, 1, 1.0) or one.rotary_ndims == one.head_dim
            else {"partial_rotary_factor": one.share}
        )
        default = part.model.rope.get(one.kind, {}).get("partial_rotary_factor")
        if not share and default not in (None, 1, 1.0) and one.share is not None:
            share = {"partial_rotary_factor": one.share}
        base = {} if one.base is None else {"rope_theta": one.base}
        found[one.kind] = {"rope_type": one.rope_type} | base | share | copy.deepcopy(one.parameters)
    return found[""] if list(found) == [""] else found


def _rename_type(new: dict[str, Any], place: str) -> None:
    holder = _at(new, place.rpartition(".")[0])
    if holder is not None and "type" in holder:
        name = holder["type"]
        renamed = {"rope_type": OLDER_NAMES.get(name, name) if isinstance(name, str) else name}
        items = [(("rope_type", renamed["rope_type"]) if key == "type" else (key, one)) for key, one in holder.items()]
        holder.clear()
        holder.update(items)


def _name_type(new: dict[str, Any], place: str) -> None:
    holder = _at(new, place.rpartition(".")[0])
    name = next((name for key, name in _TELLING.items() if holder is not None and key in holder), None)
    if name:
        holder["rope_type"] = name


def _remove(new: dict[str, Any], place: str) -> None:
    above, _, key = place.rpartition(".")
    holder = _at(new, above)
    if holder is not None:
        holder.pop(key, None)


def _at(config: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The object at a dotted path; None if there is none."""
    found: Any = config
    for key in path.split(".") if path else ():
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def written(config: Mapping[str, Any], like: str = "") -> str:
    """A config as text, indented as another text is."""
    found = _INDENT.search(like)
    indent = 2 if found is None else found[1]
    return json.dumps(config, indent=indent, ensure_ascii=False) + "\n"


def diff(old: Mapping[str, Any], new: Mapping[str, Any], text: str, name: str) -> str:
    """A unified diff of a file. If the file has another layout than `json.dumps`, both sides are laid out again."""
    before, after = (written(one, text).splitlines(keepends=True) for one in (old, new))
    return "".join(difflib.unified_diff(before, after, name, name.replace(".json", ".fixed.json")))
