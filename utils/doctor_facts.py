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
from transformers_conformance.doctor.models import Model
from transformers_conformance.doctor.releases import Reader


FILE = Layout().root / "conformance/src/transformers_conformance/doctor/models.json"
_WORKER = Path(__file__).with_name("doctor_facts_of.py")
_TYPES = 6  # rope types that are asked for


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
    reads = _needed(_reads(facts), "5.x", facts["rope"], {})
    fork = _needed(_reads(changed), "fork", facts["rope"], reads)
    other = {key: changed[key] for key in ("null", "types") if changed[key] != facts[key]}
    entry = {key: facts[key] for key in ("parts", "names", "sizes", "head_dim", "rope")}
    entry |= {"reads": reads, "fork": {**({"reads": fork} if fork else {}), **other}, **(module or {})}
    if len(facts["types"]) < _TYPES:
        entry["types"] = facts["types"]
    if facts["null"] != changed["null"]:
        entry["unscaled"] = facts["null"]
    entry = {key: value for key, value in entry.items() if value not in ({}, True)}
    return entry | ({"whole_heads": True} if facts.get("whole_heads") else {})


def _needed(answers: Mapping[str, Any], reader: Reader, rope: Mapping[str, Any], reads: dict) -> dict[str, Any]:
    """The answers that the reader of the file would not find without an entry."""
    needed: dict[str, Any] = {}
    for key in sorted(answers, key=lambda key: not key.endswith("|")):  # a key alone comes before its contexts
        entries = {"reads": needed} if reader == "5.x" else {"reads": reads, "fork": {"reads": needed}}
        name, _, context = key.partition("|")
        if answers[key] is not None and {*Model(rope=rope, **entries).counts_for(name, context, reader)} != {
            *answers[key]
        }:
            needed[key] = answers[key]
    return needed


def _reads(facts: Mapping[str, Any]) -> dict[str, Any]:
    return facts["reads"] | {"keeps_base|": list(facts["rope"]) if facts["keeps_base"] else []}


def main() -> None:
    found, without = entries(*measured("tables"))
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(found[name], sort_keys=True)}" for name in sorted(found))
    head = f'"release": "{DEFAULT_RELEASE}",\n"without_rope": {json.dumps(sorted(without))}'
    FILE.write_text(f'{{{head},\n"models": {{\n{lines}\n}}}}\n')
    print(f"{FILE.name}: {len(found)} models with RoPE, {len(without)} without")


if __name__ == "__main__":
    main()
