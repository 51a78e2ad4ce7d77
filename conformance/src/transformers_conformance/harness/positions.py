"""Patterns of `position_ids`."""

import torch

from .sizes import BATCH_SIZE, SEQUENCE_LENGTH


FAR = 2**17


def zeros() -> torch.Tensor:
    """`[1, seq]`: the rotation by 0 is the identity, so these show q and k unrotated."""
    return torch.zeros(1, SEQUENCE_LENGTH, dtype=torch.long)


def consecutive(start: int = 0) -> torch.Tensor:
    """`[batch, seq]`, the same in every row."""
    return (torch.arange(SEQUENCE_LENGTH) + start).expand(BATCH_SIZE, -1).clone()


def reversed_order() -> torch.Tensor:
    """`[1, seq]`, falling."""
    return torch.arange(SEQUENCE_LENGTH).flip(0)[None]


def gapped() -> torch.Tensor:
    """`[batch, seq]`, with gaps that grow, none of them alike."""
    return (torch.arange(SEQUENCE_LENGTH) ** 2 + 3).expand(BATCH_SIZE, -1).clone()


def different_per_row() -> torch.Tensor:
    """`[batch, seq]`, each row of another start, stride and direction."""
    rows = [torch.arange(SEQUENCE_LENGTH) * (2 + row) + 5 * row for row in range(BATCH_SIZE)]
    rows[-1] = rows[-1].flip(0)
    return torch.stack(rows)


def far() -> torch.Tensor:
    """`[1, seq]`, up to 2^17, with gaps."""
    return FAR - gapped()[:1]


def beyond(limit: int) -> torch.Tensor:
    """`[1, seq]`, evenly spread, the last one past `limit`."""
    return (torch.arange(SEQUENCE_LENGTH) * (limit // (SEQUENCE_LENGTH - 2)))[None]


def up_to(last: int) -> torch.Tensor:
    """`[1, seq]`, evenly spread from 0 to exactly `last`."""
    return (torch.arange(SEQUENCE_LENGTH) * last // (SEQUENCE_LENGTH - 1))[None]
