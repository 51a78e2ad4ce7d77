"""Passes of a tiny model under a mask, and what their outputs may differ by."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch

from ..core.refusal import names
from ..core.rounding import U
from ..core.verdict import Verdict
from ..harness.implementations import running
from ..harness.probe import without_a_cache
from ..harness.sizes import NUM_HEADS
from ..harness.tiny import build_model
from .case import MaskCase
from .spec import MaskSpec


@lru_cache(maxsize=16)
def tiny_model(spec: MaskSpec, attention: str) -> torch.nn.Module:
    """The shared model of all cases under this implementation of attention; its weights are those of all others."""
    return build_model(spec, MaskCase(attention))


def outputs(
    spec: MaskSpec,
    attention: str,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor | None,
    position_ids: torch.Tensor | None = None,
) -> torch.Tensor:
    """The first output of a pass without a cache, `[batch, seq, width]`.

    Args:
        attention_mask: None for a pass without a mask.
        position_ids: None lets the model count positions itself.
    """
    model = tiny_model(spec, attention)
    given = {"attention_mask": attention_mask, "position_ids": position_ids}
    given = {name: value for name, value in given.items() if value is not None}
    with torch.no_grad(), running(attention):
        return model(input_ids=input_ids, **given, **without_a_cache(model))[0]


def tolerance_of(case: MaskCase, expected: torch.Tensor) -> float:
    """Absolute difference of outputs of the same tokens, computed in another order.

    A sum of `F` terms in another order is off by up to `F * U` of its size, and no sum of a tiny model is longer than
    twice its width. A factor of 16 for the layers, which pass errors on through a softmax and norms, and for chance.
    """
    return 16 * 2 * NUM_HEADS * case.head_dim * U * expected.abs().max().item()


def require_same(verdict: Verdict, case: MaskCase, what: str, got: torch.Tensor, expected: torch.Tensor) -> None:
    """Fails unless two passes give the same outputs for the same tokens."""
    verdict.require_close(what, *(np.asarray(x) for x in (got, expected)), tolerance_of(case, expected))


def require_differ(verdict: Verdict, case: MaskCase, what: str, one: torch.Tensor, other: torch.Tensor) -> None:
    """Fails where two passes give the same, so that equality elsewhere would prove nothing."""
    least, found = 2 * tolerance_of(case, other), (one - other).abs().max().item()
    verdict.require(found > least, what, f"other by more than {least:.3g}", f"{found:.3g}")


def unless_refused(verdict: Verdict, run: Callable[[], torch.Tensor]) -> torch.Tensor | None:
    """What a pass gives; None if the model refuses the mask, by an error that names `attention_mask`."""
    try:
        return run()
    except ValueError as error:
        if not names(str(error), "attention_mask"):
            raise
        verdict.require(True, "the mask is refused by name", "a refusal", "a refusal")
        return None
