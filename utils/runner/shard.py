"""Divides the models into parts, so that several machines can share a run."""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shard:
    """Part number `index` of `count` parts. The first part has number 1."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Reads `text` of the form `i/n`.

        Raises:
            argparse.ArgumentTypeError: `text` has another form, or `i` is not in 1 .. `n`.
        """
        found = re.fullmatch(r"(\d+)/(\d+)", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise argparse.ArgumentTypeError(f"{text} is not I/N, such as 2/4, with I from 1 to N")
        return cls(int(found[1]), int(found[2]))

    def of(self, models: Sequence[str], seconds: Mapping[str, float]) -> list[str]:
        """The models of this part, in the order of `models`. Each model is in exactly one of the `count` parts.

        Models are dealt out one after another, the slowest first. Each goes to the part that has the least to do so
        far. The parts depend only on the arguments.

        Args:
            seconds: how long models take. A model that is not there counts as the mean of the others.
        """
        models = list(dict.fromkeys(models))
        known = [seconds[model] for model in models if model in seconds]
        usual = sum(known) / len(known) if known else 1.0
        loads = [0.0] * self.count
        mine = set()
        for model in sorted(models, key=lambda model: (-seconds.get(model, usual), model)):
            least = min(range(self.count), key=loads.__getitem__)
            loads[least] += seconds.get(model, usual)
            if least == self.index - 1:
                mine.add(model)
        return [model for model in models if model in mine]


def measured_seconds(results: Path) -> dict[str, float]:
    """How long the cases of each model took, from the results of earlier runs in a folder."""
    return {
        file.stem: sum(json.loads(line)["seconds"] for line in file.read_text().splitlines())
        for file in results.glob("*.jsonl")
    }
