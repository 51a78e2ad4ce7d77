"""What modules are called with in a pass: to compile, export and call them alone."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from .probe import Probe, run_model


Calls = dict[torch.nn.Module, tuple[tuple, dict[str, Any]]]


def calls_at(probed: Probe, modules: Iterable[torch.nn.Module], position_ids: torch.Tensor) -> Calls:
    """The calls of a pass at these positions that keeps no cache."""
    with torch.no_grad(), recorded_calls(modules) as calls:
        run_model(probed.model, probed.input_ids, position_ids, keeps_cache=False)
    return calls


@contextmanager
def recorded_calls(modules: Iterable[torch.nn.Module]) -> Iterator[Calls]:
    """The arguments of the last call of each of these modules that is called, in the order of first calls."""
    calls: Calls = {}
    with ExitStack() as stack:
        for module in modules:
            stack.callback(
                module.register_forward_pre_hook(
                    lambda module, args, kwargs: calls.update({module: (args, _repeatable(kwargs))}), with_kwargs=True
                ).remove
            )
        yield calls


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
