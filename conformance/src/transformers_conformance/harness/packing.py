"""Rows packed one after another into one, told apart by positions that begin again."""

from unittest.mock import patch

import torch

from .probe import without_a_cache


_DETECTOR = "find_packed_sequence_indices"


def packed_positions(lengths: list[list[int]]) -> torch.Tensor:
    """`[batch, seq]`: each row of a batch counts from 0 anew after each of its lengths."""
    return torch.stack([torch.cat([torch.arange(length) for length in row]) for row in lengths])


def run_packed(model: torch.nn.Module, input_ids: torch.Tensor, position_ids: torch.Tensor) -> torch.Tensor:
    """The first output of a pass without a mask and without a cache, which alone are read as packed rows."""
    with torch.no_grad():
        return model(input_ids=input_ids, position_ids=position_ids, **without_a_cache(model))[0]


def asks_positions_for_rows(model: torch.nn.Module, input_ids: torch.Tensor, position_ids: torch.Tensor) -> bool:
    """Whether a pass of the model has the release's masks look for rows in these positions."""
    try:
        from transformers import masking_utils
    except ImportError:
        return False  # a release before 4.53
    if not hasattr(masking_utils, _DETECTOR):
        return False
    with patch.object(masking_utils, _DETECTOR, wraps=getattr(masking_utils, _DETECTOR)) as detector:
        run_packed(model, input_ids, position_ids)
    return detector.called
