"""The files that stand for all that edits reach: the lock tells which definitions the same edits reach, one for all.

Copies of a definition are reached by the same edits, and equal each other up to names. So a definition that is judged
stands for every one that the same edits reach.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .mutants import Mutant
from .scope import OF_COORDINATES, OF_MODELS, OF_SEVERAL_AXES, TESTS, MutationScope


# So many files beside those chosen by hand, and mutants of each of their edited definitions: each mutant more costs
# seconds, and each file a minute, in which its checks are traced.
FILES, MUTANTS = 24, 2
# The lock's name for the head of a class: its bases, in which there is nothing to mutate.
_HEAD = "class "


@dataclass(frozen=True)
class Definition:
    """One that edits reach; `edits` are those."""

    file: str
    name: str
    edits: frozenset[str]


def edited_definitions(lock: Path) -> list[Definition]:
    """All that run: what is generated, and not the modular files that it is generated from."""
    reached: dict[tuple[str, str], set[str]] = {}
    for edit, entry in json.loads(lock.read_text()).items():
        for file, names in entry["reaches"].items():
            for name in names:
                if not name.startswith(_HEAD):
                    reached.setdefault((file, name), set()).add(edit)
    found = (Definition(file, name, frozenset(edits)) for (file, name), edits in sorted(reached.items()))
    return [one for one in found if not Path(one.file).name.startswith("modular_")]


def alike(definitions: Iterable[Definition], judged: Collection[Definition]) -> list[Definition]:
    """Those that others stand for."""
    groups = {one.edits for one in judged}
    return [one for one in definitions if one.edits in groups]


def telling_files(
    definitions: Iterable[Definition], families: Collection[str], taken: Collection[str]
) -> Iterator[str]:
    """Files of models that have tests, each the one that stands for most of what those before it do not.

    Args:
        families: the models that have tests.
        taken: files that are judged already.
    """
    definitions = list(definitions)

    def of(files: Collection[str], among: list[Definition]) -> list[Definition]:
        return alike(among, [one for one in definitions if one.file in files])

    left = [one for one in definitions if one not in of(taken, definitions)]
    while left:
        candidates = sorted({one.file for one in left if family_of(one.file) in families})
        best = max(candidates, key=lambda file: len(of([file], left)), default=None)
        if best is None:
            return
        yield best
        found = of([best], left)
        left = [one for one in left if one not in found]


def subjects(
    by_hand: tuple[MutationScope, ...], definitions: Collection[Definition], families: Collection[str], newest: bool
) -> tuple[MutationScope, ...]:
    """Those that are chosen by hand, and a sample of the definitions of other families; `newest` as for `chosen`."""
    files = islice(telling_files(definitions, families, [one.file for one in by_hand]), FILES)
    return by_hand + tuple(
        MutationScope(
            file,
            (f"{family_of(file)}:{OF_MODELS},{OF_COORDINATES},{OF_SEVERAL_AXES}",),
            definitions=frozenset(one.name for one in definitions if one.file == file),
            most=MUTANTS,
            tests=TESTS.get(family_of(file), ()) if newest else (),
        )
        for file in files
    )


def covered(definitions: Collection[Definition], mutants: Iterable[Mutant]) -> list[Definition]:
    """The edited definitions that hold one of these mutants, or equal one that does."""
    around = {(one.file, outer) for one in mutants for outer in _outer(one.definition)}
    return alike(definitions, [one for one in definitions if (one.file, one.name) in around])


def share(definitions: Collection[Definition], mutants: Iterable[Mutant]) -> str:
    """How much of what edits reach is judged, in words."""
    found = len(covered(definitions, mutants))
    percent = 100 * found / len(definitions)
    return f"{found} of {len(definitions)} edited definitions hold mutants, or equal one that does ({percent:.0f} %)"


def family_of(file: str) -> str | None:
    """The name of the tests that judge a model's file, such as `gptj`, or `tf_gptj` in another framework."""
    *above, folder, name = ("", *Path(file).parts)
    if "models" not in above or not name.startswith(("modeling_", "configuration_")):
        return None
    framework = next((prefix for prefix in ("tf_", "flax_") if name.startswith(f"modeling_{prefix}")), "")
    return framework + folder


def _outer(definition: str) -> Iterator[str]:
    """The names of a definition and of those around it."""
    parts = definition.split(".")
    return (".".join(parts[: number + 1]) for number in range(len(parts)))
