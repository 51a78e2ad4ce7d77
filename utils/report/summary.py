"""Brings results down to a cell a model and property: the worst status, how many cases of each, and examples."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from .results import STATUSES, BuildResults


EXAMPLES = 4  # a cell; what differs beyond these is counted, and stands in the results
_AGAIN = "To see it again:\n"  # what separates what happened from the snippet that shows it
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")


class Texts:
    """Lines of text, each stored once. Messages share most of theirs: configs, imports, what was expected."""

    def __init__(self):
        self.lines: list[str] = []
        self._numbers: dict[str, int] = {}

    def store(self, text: str) -> list[int]:
        """The numbers of a text's lines."""
        return [self._number(line) for line in text.splitlines()]

    def _number(self, line: str) -> int:
        if line not in self._numbers:
            self._numbers[line] = len(self.lines)
            self.lines.append(line)
        return self._numbers[line]


def summarize(runs: list[BuildResults], lineage_of: Callable[[str], list[str]], meanings: dict[str, str]) -> dict:
    """The data of the report, of JSON's types alone.

    Returns:
        `statuses`: worst first. `runs`: what was judged, and when; the page begins with the first two side by side.
        `properties`: by rule and name. `models`: by family, each with its `lineage`, the model itself first.
        `cells`: by run, model and property, as `cell` makes them; one that was not judged is absent.
        `lines`: the lines of all messages, which cells name by their number.
    """
    texts = Texts()
    rules = {line["property"]: line["rule"] for run in runs for line in run.lines}
    lineages = {model: lineage_of(model) for model in {line["model"] for run in runs for line in run.lines}}
    return {
        "statuses": list(STATUSES),
        "runs": [describe(run) for run in runs],
        "properties": [
            {"name": name, "rule": rules[name], "meaning": meanings.get(name, "")}
            for name in sorted(rules, key=lambda name: (rules[name], name))
        ],
        "models": [
            {"name": model, "lineage": lineages[model]} for model in sorted(lineages, key=lambda m: lineages[m][::-1])
        ],
        "cells": {run.name: cells_of(run.lines, texts) for run in runs},
        "lines": texts.lines,
    }


def describe(run: BuildResults) -> dict:
    return {
        "name": run.name,
        "release": run.release,
        "build": run.build,
        "models": len({line["model"] for line in run.lines}),
        "properties": len({line["property"] for line in run.lines}),
        "lines": len(run.lines),
        "cases": sum(line["status"] != "not-applicable" for line in run.lines),
        "first": run.first.isoformat(timespec="minutes"),
        "last": run.last.isoformat(timespec="minutes"),
    }


def cells_of(lines: Iterable[dict], texts: Texts) -> dict[str, dict[str, dict]]:
    """The cells of one run, by model and property."""
    groups = defaultdict(list)
    for line in lines:
        groups[line["model"], line["property"]].append(line)
    cells = defaultdict(dict)
    for (model, prop), group in sorted(groups.items()):
        cells[model][prop] = cell(group, texts)
    return dict(cells)


def cell(group: list[dict], texts: Texts) -> dict:
    """One model and property.

    Returns:
        `status`: the worst. `counts`: cases by status. `examples`: for each of the first `EXAMPLES` ways not to pass,
        worst first, the smallest case: its `status`, `cases`, how many went that way, `known`, why that is known, and
        `said` and `snippet`; these three are numbers of lines.
    """
    counts = Counter(line["status"] for line in group)
    ways = defaultdict(list)
    for line in sorted(group, key=_size):
        if line["status"] != "pass":
            ways[_way(line)].append(line)
    ordered = sorted(ways.values(), key=lambda alike: (STATUSES.index(alike[0]["status"]), _size(alike[0])))
    return {
        "status": min(counts, key=STATUSES.index),
        "counts": {status: counts[status] for status in STATUSES if status in counts},
        "examples": [_example(alike, texts) for alike in ordered[:EXAMPLES]],
    }


def _size(line: dict) -> tuple:
    """Sorts by what is least to read; nothing is left to the order in which results come."""
    case, reason = line["case"] or {}, line["reason"] or ""
    return case.get("head_dim", 0), case.get("n", 0), len(reason), reason, line["known"] or ""


def _way(line: dict) -> tuple:
    """What is the same for failures of one kind: neither the case, nor the config, nor any number."""
    said, _, _ = (line["reason"] or "").partition(_AGAIN)
    happened = [text for text in said.splitlines()[1:] if not text.startswith("  config:")]
    return line["status"], line["known"], _NUMBER.sub("#", "\n".join(happened))


def _example(alike: list[dict], texts: Texts) -> dict:
    smallest = alike[0]
    said, _, snippet = (smallest["reason"] or "").partition(_AGAIN)
    return {
        "status": smallest["status"],
        "cases": len(alike),
        "known": texts.store(smallest["known"] or ""),
        "said": texts.store(said),
        "snippet": texts.store("\n".join(line.removeprefix("  ") for line in snippet.splitlines())),
    }
