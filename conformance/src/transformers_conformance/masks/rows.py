"""Rows of tokens, and which token sees which, stated pair by pair.

Each pattern is transitive: a token sees itself, and all that the tokens that it sees can see. So after any number of
layers, its output depends on exactly the tokens that it sees.
"""

from collections.abc import Callable

import torch

from ..harness.sizes import SEQUENCE_LENGTH, VOCAB_SIZE


_FIRST_PLAIN_TOKEN = 4  # lower ids are special tokens, such as padding
_PREFIX = 4
_CLOSED = torch.finfo(torch.float32).min


def rows_of(count: int) -> torch.Tensor:
    """`[count, seq]`; the last id is left over, so that each id can be raised by one."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(_FIRST_PLAIN_TOKEN, VOCAB_SIZE - 1, (count, SEQUENCE_LENGTH), generator=generator)


def first_row() -> torch.Tensor:
    """`[1, seq]`."""
    return rows_of(1)


def _pattern(sees: Callable[[int, int], bool]) -> torch.Tensor:
    tokens = range(SEQUENCE_LENGTH)
    return torch.tensor([[sees(query, key) for key in tokens] for query in tokens])


def causal() -> torch.Tensor:
    """`[seq, seq]`, as all of these: True if the token of the row sees that of the column."""
    return _pattern(lambda query, key: key <= query)


def everything() -> torch.Tensor:
    return _pattern(lambda query, key: True)


def tree() -> torch.Tensor:
    """Each token sees its ancestors in a binary tree: branches of one search, side by side."""

    def sees(query: int, key: int) -> bool:
        while query > key:
            query = (query - 1) // 2
        return query == key

    return _pattern(sees)


def prefix() -> torch.Tensor:
    """The first tokens see each other in both directions; each later token sees all before it."""
    return _pattern(lambda query, key: key <= query or max(query, key) < _PREFIX)


def as_float(visible: torch.Tensor, closed: float = _CLOSED) -> torch.Tensor:
    """The mask that is added to scores: 0 where a token may look."""
    return torch.where(visible, 0.0, closed)
