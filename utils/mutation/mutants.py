"""Mutants by names that outlive an edit elsewhere in the file, and without a line of the code that they change."""

import ast
import difflib
import hashlib
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cosmic_ray.plugins
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_item import MutationSpec

from .scope import Source


@dataclass(frozen=True)
class Mutant:
    """One small error in one file.

    Args:
        file: below the package.
        definition: the dotted name of the innermost definition around it.
        operator: what was done, as cosmic-ray names it, such as `NumberReplacer`.
        index: counts the mutants of this operator in this definition, from 0.
        digest: of the line that is changed, as it was.
    """

    file: str
    definition: str
    operator: str
    index: int
    digest: str

    @property
    def name(self) -> str:
        """Within its file and definition."""
        return f"{self.operator}.{self.index}@{self.digest}"

    def __str__(self) -> str:
        return f"{self.file}::{self.definition}::{self.name}"


class MutatedFile:
    """One file and all the errors that cosmic-ray can put into it.

    Args:
        file: below the package.
        source: what is in it.
        specs: every mutation of it, those that do not count included.
    """

    def __init__(self, file: str, source: Source, specs: Sequence[MutationSpec]):
        self.file = file
        self.source = source
        self.specs = sorted(specs, key=lambda spec: (spec.operator_name, spec.occurrence))
        # A statement of the file by itself is changed many times faster than the file.
        self._starts = [1] + [_first_line(node) for node in source.tree.body[1:]] + [len(source.lines) + 1]
        self._before: dict[tuple[str, int], int] = defaultdict(int)
        for spec in self.specs:
            for start in self._starts:
                self._before[spec.operator_name, start] += spec.start_pos[0] < start

    def mutants(self) -> Iterator[tuple[MutationSpec, Mutant]]:
        """Every mutation with its name."""
        counts: Counter[tuple[str, str]] = Counter()
        for spec in self.specs:
            definition = self.source.definition(spec.start_pos, spec.end_pos) or ""
            operator = spec.operator_name.removeprefix("core/")
            line = self.source.lines[spec.start_pos[0] - 1].strip()
            digest = hashlib.sha256(line.encode()).hexdigest()[:8]
            yield spec, Mutant(self.file, definition, operator, counts[definition, operator], digest)
            counts[definition, operator] += 1

    def mutated(self, spec: MutationSpec) -> str | None:
        """The text with this error in it, or None where that is no Python."""
        start, end = next(
            pair for pair in zip(self._starts, self._starts[1:], strict=False) if spec.start_pos[0] < pair[1]
        )
        lines = self.source.text.splitlines(keepends=True)
        operator = cosmic_ray.plugins.get_operator(spec.operator_name)(**spec.operator_args)
        part = "".join(lines[start - 1 : end - 1])
        changed = mutate_code(part, operator, spec.occurrence - self._before[spec.operator_name, start])
        text = "".join(lines[: start - 1]) + changed + "".join(lines[end - 1 :])
        return text if _compiles(text) else None


def difference(before: str, after: str) -> str:
    """The lines that differ, old ones after `-` and new ones after `+`, without indentation."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if line[0] in "+-")


def _first_line(node: ast.stmt) -> int:
    return min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))


def _compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(text, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True
