"""Writes `models.json` of `transformers-conformance doctor`: what upstream and the fork make of RoPE keys.

Each config class is asked on both builds of the newest release (`doctor_facts_of.py`); nothing is taken from their
code. `make facts` takes two minutes.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from overlay.layout import DEFAULT_RELEASE, Layout


FILE = Layout().root / "conformance/src/transformers_conformance/doctor/models.json"
_WORKER = Path(__file__).with_name("doctor_facts_of.py")
# What most classes do, so that the file needs no entry for it.
_USUAL = ("rope_theta|", "partial_rotary_factor|")


def measured(*words: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What upstream and the fork say; the words are those of `doctor_facts_of.py`."""
    layout = Layout()
    trees = (layout.upstream(DEFAULT_RELEASE), layout.source(DEFAULT_RELEASE))
    running = [
        subprocess.Popen(
            [sys.executable, str(_WORKER), *words],
            env=os.environ | {"PYTHONPATH": str(tree)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for tree in trees
    ]
    upstream, fork = (json.loads(worker.communicate()[0]) for worker in running)
    return upstream, fork


def entries(upstream: Mapping[str, Any], fork: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The entry of each model type with RoPE, and the names of those without."""
    found, without = {}, []
    for name, facts in upstream["models"].items():
        if "error" in facts:
            continue
        if facts["rope"]:
            found[name] = _entry(facts, fork["models"][name], upstream["modules"].get(name))
    for name, facts in upstream["models"].items():
        if "error" in facts or name in found:
            continue
        parts = {key: part for key, part in facts["parts"].items() if part in upstream["models"]}
        if any(part in found for part in parts.values()):
            keep = {"parts": parts}
            beside = fork["models"][name].get("beside"), facts.get("beside")
            keep["reads"], changed = ({f"{key}|": parts for key, parts in (one or {}).items()} for one in beside[::-1])
            keep["fork"] = {"reads": {key: parts for key, parts in changed.items() if keep["reads"].get(key) != parts}}
            found[name] = {key: value for key, value in keep.items() if value and value != {"reads": {}}}
        else:
            without.append(name)
    return found, without


def _entry(facts: Mapping[str, Any], changed: Mapping[str, Any], module: Mapping[str, bool] | None) -> dict[str, Any]:
    usual, kinds = _reads(facts), list(facts["rope"])
    fork = _reads(changed)
    entry = {
        "parts": facts["parts"],
        "names": facts["names"],
        "sizes": facts["sizes"],
        "head_dim": facts["head_dim"],
        "rope": facts["rope"],
        "types": facts["types"],
        "reads": {key: found for key, found in usual.items() if found != _expected(key, kinds, usual)},
        "unscaled": facts["null"] if facts["null"] != changed["null"] else None,
        **(module or {}),
    }
    different = {key: found for key, found in fork.items() if found != usual[key] and found is not None}
    different = {key: found for key, found in different.items() if found != _fork_expects(key, different, usual)}
    other = {key: changed[key] for key in ("null", "types") if changed[key] != facts[key]}
    entry["fork"] = {**({"reads": different} if different else {}), **other}
    if facts["types"] and len(facts["types"]) == 6:
        del entry["types"]
    drop = ({}, None, [], True) if module else ({}, None, [])
    return {key: value for key, value in entry.items() if value not in drop or key == "types"}


def _fork_expects(key: str, different: Mapping[str, Any], usual: Mapping[str, Any]) -> Any:
    name, _, context = key.partition("|")
    if context in ("", "form"):
        return None
    alone = usual[f"{name}|"]
    same = all(usual[f"{name}|{other}"] == alone for other in ("rope_scaling", "rope_parameters"))
    return different.get(f"{name}|") if same else None


def _reads(facts: Mapping[str, Any]) -> dict[str, Any]:
    return facts["reads"] | {"keeps_base|": list(facts["rope"]) if facts["keeps_base"] else []}


def _expected(key: str, kinds: list[str], reads: Mapping[str, Any]) -> list[str]:
    """What the reader of the file takes if it has no entry: a key counts in each context as it does alone."""
    name, _, context = key.partition("|")
    if context == "form":
        return kinds
    if context and (alone := reads[f"{name}|"]) is not None:
        return alone
    return kinds if key.startswith(_USUAL) else []


def main() -> None:
    found, without = entries(*measured("tables"))
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(found[name], sort_keys=True)}" for name in sorted(found))
    text = f'{{"release": "{DEFAULT_RELEASE}",\n"without_rope": {json.dumps(sorted(without))},\n"models": {{\n{lines}\n}}}}\n'
    FILE.write_text(text)
    print(f"{FILE.name}: {len(found)} models with RoPE, {len(without)} without")


if __name__ == "__main__":
    main()
