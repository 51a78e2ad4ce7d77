"""Parts of the models, for several machines that share a run."""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shard:
    """Part `index` of `count`, from 1 on."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """From `i/n`.

        Raises:
            argparse.ArgumentTypeError: it has another form, or `i` is not in 1 .. `n`.
        """
        found = re.fullmatch(r"(\d+)/(\d+)", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise argparse.ArgumentTypeError(f"{text} is not I/N, such as 2/4, with I from 1 to N")
        return cls(int(found[1]), int(found[2]))

    def of(self, models: Sequence[str], seconds: Mapping[str, float]) -> list[str]:
        """This part of the models, in their order. Each model is in exactly one of the `count` parts.

        The longest model goes first, each to the part that has the least to do. The parts depend on nothing but the
        arguments.

        Args:
            seconds: how long models take. One that is not there counts as the mean of the others.
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
