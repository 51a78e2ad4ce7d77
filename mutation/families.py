"""The files that stand for all that edits reach: the lock tells which definitions the same edits reach, one for all.

Copies of a definition are reached by the same edits, and equal each other up to names. So a file whose definitions are
judged stands for every definition that is reached by the edits that one of its own is.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .scope import OF_COORDINATES, OF_MODELS, SUBJECTS, Subject


# So many files beside those of `SUBJECTS`, and mutants of each: each mutant more costs seconds, and each file a
# minute, in which its checks are traced.
FILES, MUTANTS = 16, 8


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
                reached.setdefault((file, name), set()).add(edit)
    found = (Definition(file, name, frozenset(edits)) for (file, name), edits in sorted(reached.items()))
    return [one for one in found if not Path(one.file).name.startswith("modular_")]


def covered(definitions: Iterable[Definition], files: Collection[str]) -> list[Definition]:
    """Those that these files stand for."""
    definitions = list(definitions)
    groups = {one.edits for one in definitions if one.file in files}
    return [one for one in definitions if one.edits in groups]


def telling_files(definitions: Iterable[Definition], tested: Collection[str], taken: Collection[str]) -> Iterator[str]:
    """Files of models that have tests, each the one that stands for most of what those before it do not.

    Args:
        tested: the folders of models that have tests.
        taken: files that are judged already.
    """
    left = [one for one in definitions if one not in covered(definitions, taken)]
    while left:
        candidates = sorted({one.file for one in left if _model_of(one.file) in tested})
        best = max(candidates, key=lambda file: len(covered(left, [file])), default=None)
        if best is None:
            return
        yield best
        found = set(covered(left, [best]))
        left = [one for one in left if one not in found]


def subjects(definitions: Collection[Definition], tested: Collection[str]) -> tuple[Subject, ...]:
    """Those that are chosen by hand, and a sample of the definitions of other families."""
    chosen = islice(telling_files(definitions, tested, [one.file for one in SUBJECTS]), FILES)
    return SUBJECTS + tuple(
        Subject(
            file,
            (f"{_model_of(file)}:{OF_MODELS},{OF_COORDINATES}",),
            definitions=frozenset(one.name for one in definitions if one.file == file),
            most=MUTANTS,
        )
        for file in chosen
    )


def share(definitions: Collection[Definition], judged: Iterable[Subject]) -> str:
    """How much of what edits reach is judged, in words."""
    found = len(covered(definitions, [subject.file for subject in judged]))
    percent = 100 * found / len(definitions)
    return f"{found} of {len(definitions)} edited definitions are judged, or equal one that is ({percent:.0f} %)"


def _model_of(file: str) -> str | None:
    """The folder whose tests judge a model's file, if it is one."""
    parts = Path(file).parts
    return parts[1] if parts[0] == "models" and parts[-1].startswith(("modeling_", "configuration_")) else None
