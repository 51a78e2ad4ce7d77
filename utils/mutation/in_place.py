"""Gives the functions that are there the code of a mutant."""

import gc
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType


class Functions:
    """The functions of one file, as they are after its import.

    Args:
        file: as their code names it.
        source: what they were compiled from.
    """

    def __init__(self, file: str, source: str):
        self.file = file
        self._code = self._compiled(source)
        self._by_code: dict[CodeType, list[FunctionType]] = defaultdict(list)
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType) and thing.__code__.co_filename == file:
                self._by_code[thing.__code__].append(thing)

    def replace(self, source: str) -> bool:
        """Every function whose code differs in a mutant gets the mutant's; False, and none does, where that cannot be.

        It cannot where the mutant has other functions, or other names from around them, or where none of those that
        differ is there.
        """
        pairs = list(_pairs(self._code, self._compiled(source)))
        if any(after is None or before.co_freevars != after.co_freevars for before, after in pairs):
            return False
        placed = False
        for before, after in pairs:
            for function in self._by_code[before] if before != after else ():
                function.__code__ = after
                placed = True
        return placed

    def _compiled(self, source: str) -> CodeType:
        return compile(source, self.file, "exec", dont_inherit=True)


def _pairs(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType | None]]:
    """Code of the one with that of the other, depth first; None where the other has none in this place."""
    inner, others = (
        [constant for constant in code.co_consts if isinstance(constant, CodeType)] for code in (before, after)
    )
    yield before, after
    if [code.co_name for code in inner] != [code.co_name for code in others]:
        yield before, None
        return
    for pair in zip(inner, others, strict=True):
        yield from _pairs(*pair)
