"""Which modules a rotation runs through, and what they are called with: to compile, export and call them alone."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import torch

from . import positions
from .frequencies import holds_table
from .probe import Probe, without_a_cache


Call = tuple[tuple, dict[str, Any]]


def rotary_path(probed: Probe) -> list[torch.nn.Module]:
    """The first attention module with RoPE, last, and the module that makes its angles before it, if there is one."""
    attention = probed.attention(positions.zeros()).module
    tables = [module for module in probed.model.modules() if holds_table(module)]
    called = [*recorded_calls(probed, [*tables, attention], positions.zeros())]
    return called[: called.index(attention) + 1]


def recorded_calls(
    probed: Probe, modules: list[torch.nn.Module], position_ids: torch.Tensor
) -> dict[torch.nn.Module, Call]:
    """The arguments of the last call of each module that a pass without a cache calls, in the order of first calls."""
    calls: dict[torch.nn.Module, Call] = {}
    given = {"position_ids": position_ids}
    mask = torch.ones_like(probed.input_ids)
    with ExitStack() as stack, torch.no_grad():
        for module in modules:
            stack.callback(
                module.register_forward_pre_hook(
                    lambda module, args, kwargs: calls.update({module: (args, _repeatable(kwargs))}), with_kwargs=True
                ).remove
            )
        probed.model(input_ids=probed.input_ids, attention_mask=mask, **given, **without_a_cache(probed.model))
    return calls


def _repeatable(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The same for another call: without a cache, which a model may make unasked, and to which the call would add; and
    with plain dicts, since others cannot be exported."""
    kept = {name: None if hasattr(value, "get_seq_length") else value for name, value in kwargs.items()}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in kept.items()}


def first_tensor(output: Any) -> torch.Tensor:
    """The first tensor of what a module gave."""
    while not isinstance(output, torch.Tensor):
        output = output[0]
    return output
