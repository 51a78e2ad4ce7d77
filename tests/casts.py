"""Properties of casts of rotary modules and their tables, for tests of both lines.

A property takes a function that makes a module, so that each property gets a new module.
"""

import copy
import pickle
from collections.abc import Callable

import torch
from torch import nn


NARROW = (torch.float16, torch.bfloat16)
Make = Callable[[], nn.Module]


def tables(module: nn.Module) -> dict[str, torch.Tensor]:
    """The buffers of frequencies and the complex buffers, by name."""
    return {name: x for name, x in module.named_buffers() if x.is_complex() or name.endswith("inv_freq")}


def unchanged(module: nn.Module, before: dict[str, torch.Tensor]) -> bool:
    after = dict(module.named_buffers())  # a complex buffer may have become real
    return all(after[name].dtype == x.dtype and torch.equal(after[name], x) for name, x in before.items())


def survive_a_narrow_cast(make: Make) -> bool:
    before = tables(make())
    return all(unchanged(make().to(dtype), before) for dtype in NARROW)


def survive_in_a_plain_module(make: Make) -> bool:
    """Tables survive if no module around them is a model of Transformers."""
    made = nn.Sequential(nn.ModuleDict({"rotary": make()}), nn.Linear(2, 2))
    before = tables(made)
    return unchanged(made.half(), before) and made[1].weight.dtype == torch.float16


def follow_to_a_wider_type(make: Make) -> bool:
    made = make()
    before = tables(made)
    real = {name: x for name, x in before.items() if not x.is_complex()}
    after = tables(made.double())
    return all(after[name].dtype == torch.float64 and torch.equal(after[name], x.double()) for name, x in real.items())


def come_back_from_a_wider_type(make: Make) -> bool:
    """Back to float32, whose values float64 can hold exactly."""
    before = tables(make())
    return unchanged(make().double().half(), before) and unchanged(make().double().float(), before)


def survive_copies(make: Make) -> bool:
    made = make()
    copies = copy.deepcopy(made), pickle.loads(pickle.dumps(made))
    return all(unchanged(one.bfloat16(), tables(made)) for one in copies)


def follow_to_another_device(make: Make) -> bool:
    """Tables also move in the same call as a cast, and `to_empty` gives them memory."""
    moved = dict(make().to("meta", torch.bfloat16).named_buffers())
    filled = dict(make().to("meta").to_empty(device="cpu").named_buffers())
    wanted = tables(make())
    return all(
        (moved[name].device.type, filled[name].device.type) == ("meta", "cpu")
        and (moved[name].dtype, filled[name].dtype) == (x.dtype, x.dtype)
        for name, x in wanted.items()
    )


def leave_the_rest_to_the_cast(make: Make) -> bool:
    """Parameters and other buffers get the dtype of the cast."""
    made = make()
    made.register_buffer("other", torch.ones(2))
    made.weight = nn.Parameter(torch.ones(2))
    made.half()
    return made.other.dtype == made.weight.dtype == torch.float16


def keep_a_type_that_somebody_chose(make: Make) -> bool:
    """A table that is already in bfloat16 keeps this dtype in a move."""
    made = make()
    for name, x in tables(made).items():
        if not x.is_complex():
            setattr(made, name, x.bfloat16())
    before = tables(made)
    return unchanged(made.to("cpu"), before) and unchanged(made.bfloat16(), before)


PROPERTIES = (
    survive_a_narrow_cast, survive_in_a_plain_module, follow_to_a_wider_type, come_back_from_a_wider_type,
    survive_copies, follow_to_another_device, leave_the_rest_to_the_cast, keep_a_type_that_somebody_chose,
)  # fmt: skip


class Tables(nn.Module):
    """A rotary module without a model, with a table of each kind."""

    def __init__(self):
        super().__init__()
        angles = torch.rand(3, 4, generator=torch.Generator().manual_seed(0))
        self.register_buffer("inv_freq", 1 / 10000 ** angles[0], persistent=False)
        self.register_buffer("sliding_inv_freq", 1 / 3 ** angles[1], persistent=False)
        self.register_buffer("freqs_cis", torch.polar(torch.ones(3, 4), angles), persistent=False)
