"""Describes and runs a part of a model that rotates by coordinates, such as an encoder of images."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn

from ..core.case import Axes
from ..harness.capture import first_attention
from ..harness.model_spec import ModelSpec
from ..harness.tiny import seed_weights
from .case import Case
from .coordinates import side_by_side
from .frequencies import holds_table
from .reference import Layout
from .width import FIXED_BASE


TOKENS = 12  # no other size of a tiny model is the same, so that scores can be found by their shape
_TABLE = re.compile("(relative_)?position_embeddings|rotary_pos_emb|sinusoidal_pos")
_BASES = ("rope_theta", "rotary_embedding_base")
_SMALL_BASE = 100.0

Table = tuple[torch.Tensor, torch.Tensor] | torch.Tensor


@dataclass(frozen=True, eq=False)
class AxialRotarySpec(ModelSpec):
    """A part of a model that rotates by coordinates.

    The checks get a table of coordinates from its rotary module, and give this table to its first attention. The code
    that makes tokens and coordinates from an image does not run.

    Args:
        model_class: a model class, or the class of a part that is built from the config. It holds a rotary module with
            `inv_freq`, and attention that takes `position_embeddings`.
        layout: how channels pair up (R3).
        frequencies: computes `[axes, pairs]` from a rotary width and a base, as in `coordinates`.
        leading: the shape of the attention's tokens before the axes of tokens and channels. None means `()` if the
            attention takes `cu_seqlens`, and else `(1,)`.
        base: the base of the frequencies. The config is asked for it if it has a key. None means a small base if the
            config has a key, so that slow pairs turn visibly, and else RoFormer's base.
        others: as in `ModelSpec`.
    """

    layout: Layout
    frequencies: Callable[[int, float], np.ndarray] = side_by_side
    _: KW_ONLY
    leading: tuple[int, ...] | None = None
    base: float | None = None

    def __post_init__(self):
        if self.base is None:
            asked = self.takes_factor or any(name in self.fields for name in _BASES)
            object.__setattr__(self, "base", _SMALL_BASE if asked else FIXED_BASE)

    @staticmethod
    def makes_angles(module: nn.Module) -> bool:
        return holds_table(module)

    @property
    def takes_factor(self) -> bool:
        """Whether the config has a key to ask for a part of the head."""
        return "rope_parameters" in self.fields

    @property
    def places_freely(self) -> bool:
        """Whether the rotary module takes any coordinates, and does not make its own."""
        return type(self).coordinates is AxialRotarySpec.coordinates

    def cases(self, axes: Axes) -> list[Case]:
        return self.cases_of(**axes)

    def cases_of(self, head_dim: int, n: int, rope_type: str = "default") -> list[Case]:
        """The config of a head that rotates in full has no factor; a part of a head is asked for by a factor."""
        if n == head_dim:
            return [Case(head_dim, n, None)]
        return [Case(head_dim, n, n / head_dim)] if self.takes_factor else []

    def bounds(self, case: Case) -> tuple[float, ...]:
        """The numbers that state the range of the factor."""
        return 0, 1

    def config_values(self, case: Case) -> dict[str, Any]:
        """Config keywords of a tiny model."""
        values = self.size_values(case.head_dim)
        values |= {name: self.base for name in _BASES if name in self.fields}
        if self.takes_factor:
            values |= next(self.equivalent_configs(case))
        return values | self.copied_overrides()

    def headline(self, case: Case) -> str:
        return (
            f"{self.model_class.__name__}, head_dim={case.head_dim}, rotary_ndims={case.n} "
            f"(partial_rotary_factor={case.value!r})"
        )

    @property
    def rope_type(self) -> str:
        """The rope type that the config class names for its coordinates."""
        return getattr(self.config_class, "default_rope_type", None) or "default"

    def equivalent_configs(self, case: Case) -> Iterator[dict[str, Any]]:
        """Every form of a case in a config: first with the rope type's own name, then other names and older keys."""
        asked: dict[str, Any] = {"rope_theta": self.base}
        if case.value is not None:
            asked["partial_rotary_factor"] = case.value
        for named in ({"rope_type": self.rope_type}, {"rope_type": "default"}, {"type": "default"}, {}):
            yield {"rope_parameters": named | asked}
        yield {"rope_scaling": {"type": "default"} | asked}
        yield {"rope_parameters": {"rope_type": "default"}} | asked
        yield asked

    def build(self, case: Case, asked: Mapping[str, Any] | None = None) -> nn.Module:
        """The tiny model, in evaluation mode, with seeded weights.

        Args:
            asked: one of `equivalent_configs`, instead of the first.
        """
        values = self.config_values(case)
        if asked is not None:
            values = {key: value for key, value in values.items() if key != "rope_parameters"} | asked
        model = self.adapted_class(self.config_class(**values)).eval()
        seed_weights(model)
        return model

    def frequencies_of(self, case: Case) -> np.ndarray:
        """`[axes, pairs]`: the angle by which one unit of each axis turns each pair."""
        return self.frequencies(case.n, self.base)

    def coordinates(self, case: Case) -> np.ndarray:
        """Coordinates of tokens, `[tokens, axes]`: half are scattered, and the others are the same plus one offset."""
        axes = len(self.frequencies_of(case))
        scattered = np.random.default_rng(0).integers(0, 9, (TOKENS // 2, axes))
        return np.concatenate((scattered, scattered + np.array((5, 7, 3, 2))[:axes])).astype(np.float64)

    def table(self, model: nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> Table:
        """The model's cosines and sines for coordinates, in the dtype of the tokens `like`."""
        placed = torch.from_numpy(coordinates).to(torch.int64)
        rotary = self.rotary(model)
        if "seqlen" in inspect.signature(rotary.forward).parameters:
            # 4.x: the module gives the angles of 0, 1, ..., and the model looks them up
            angles = rotary(int(placed.max()) + 1)[placed].flatten(1).repeat(1, 2)
            return angles.cos(), angles.sin()
        return rotary(like, placed if coordinates.shape[1] > 1 else placed.T)

    def rotary(self, model: nn.Module) -> nn.Module:
        return next(module for module in model.modules() if holds_table(module))

    def still(self, table: Table) -> Table:
        """A table of the same form that turns nothing."""
        still = torch.ones_like(table[0]), torch.zeros_like(table[1])
        return still if isinstance(table, tuple) else torch.stack(still)

    def attention(self, model: nn.Module) -> nn.Module:
        """The first attention that takes a table."""
        return next(
            module
            for module in model.modules()
            if _takes_table(module) and not any(_takes_table(x) for x in module.modules() if x is not module)
        )

    def attend(self, model: nn.Module, tokens: torch.Tensor, table: Table) -> None:
        """Runs the attention on tokens `[tokens, channels]`."""
        attention = self.attention(model)
        parameters = inspect.signature(attention.forward).parameters
        ragged = "cu_seqlens" in parameters
        leading = self.leading if self.leading is not None else () if ragged else (1,)
        given: dict[str, Any] = {}
        for name, parameter in parameters.items():
            if _TABLE.fullmatch(name):
                given[name] = table
            elif name == "cu_seqlens":
                given[name] = torch.tensor([0, len(tokens)], dtype=torch.int32)
            elif name == "position_ids":
                given[name] = torch.arange(len(tokens))[None]
            elif name in ("hidden_states", "query", "key", "value"):
                given[name] = tokens.expand(*leading, *tokens.shape)
            elif parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
                given[name] = None
        attention(**given)

    def heads(self, model: nn.Module, case: Case, tokens: torch.Tensor, table: Table) -> tuple[np.ndarray, ...]:
        """q and k as the attention multiplies them, each `[heads, tokens, head_dim]`."""
        found = first_attention(model, case.head_dim, 1, lambda: self.attend(model, tokens, table))
        return found.query[0].numpy(), found.key[0].numpy()

    def tokens(self, model: nn.Module, count: int, equal: bool = False) -> torch.Tensor:
        """Seeded tokens `[count, channels]`, all different or all equal."""
        width = next(x.in_features for x in self.attention(model).modules() if isinstance(x, nn.Linear))
        generator = torch.Generator().manual_seed(0)
        made = torch.randn(1 if equal else count, width, generator=generator)
        return made.expand(count, width)


class PatchRotarySpec(AxialRotarySpec):
    """A spec whose rotary module takes the image. The coordinates of a patch are those of its center, from -1 to 1.

    A frequency is the angle in radians between the center of the image and an edge.
    """

    grid = (3, TOKENS // 3)  # patches in a column and in a row

    def coordinates(self, case: Case) -> np.ndarray:
        rows, columns = ((2 * np.arange(count) + 1) / count - 1 for count in self.grid)
        return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)

    def table(self, model: nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> Table:
        size = model.config.patch_size
        return self.rotary(model)(like.new_zeros(1, 3, *(size * count for count in self.grid)))


class GridRotarySpec(AxialRotarySpec):
    """A spec of a 4.x release, whose rotary module makes the table of a whole grid of patches, row by row.

    The module takes the numbers of rows and columns, and gives angles. Or it takes nothing, because the config states
    these numbers, and gives cosines and sines.
    """

    grid = (3, TOKENS // 3)  # patches in a column and in a row

    def coordinates(self, case: Case) -> np.ndarray:
        return np.argwhere(np.ones(self.grid)).astype(np.float64)

    def table(self, model: nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> Table:
        rotary = self.rotary(model)
        if not inspect.signature(rotary.forward).parameters:
            return rotary()
        angles = rotary(*self.grid).repeat(1, 2)
        return angles.cos(), angles.sin()

    def rotary(self, model: nn.Module) -> nn.Module:
        return next(module for module in model.modules() if "RotaryEmbedding" in type(module).__name__)


class CountingRotarySpec(AxialRotarySpec):
    """A spec whose rotary module counts the tokens that it is given, `[1, tokens, channels]`."""

    def coordinates(self, case: Case) -> np.ndarray:
        return np.arange(TOKENS, dtype=np.float64)[:, None]

    def table(self, model: nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> Table:
        return self.rotary(model)(like[None])


class ConformerRotarySpec(CountingRotarySpec):
    """A spec whose attention rotates tokens before it projects them to q and k."""

    def heads(self, model: nn.Module, case: Case, tokens: torch.Tensor, table: Table) -> tuple[np.ndarray, ...]:
        attention, projected = self.attention(model), []
        hooks = [
            projection.register_forward_pre_hook(lambda _, arguments: projected.append(arguments[0][0]))
            for projection in (attention.linear_q, attention.linear_k)
        ]
        try:
            self.attend(model, tokens, table)
        finally:
            for hook in hooks:
                hook.remove()
        return tuple(x.unflatten(-1, (-1, case.head_dim)).transpose(0, 1).numpy() for x in projected)


@lru_cache(maxsize=64)
def built(spec: AxialRotarySpec, case: Case) -> nn.Module:
    """The model of a case. Checks share it, so no check may change it."""
    return spec.build(case)


def differences(coordinates: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each difference of coordinates, the pairs of tokens with it: the indices of queries and those of keys."""
    apart = np.round(coordinates[:, None] - coordinates[None], 6).reshape(-1, coordinates.shape[1])
    _, group = np.unique(apart, axis=0, return_inverse=True)
    for one in range(group.max() + 1):
        yield np.unravel_index(np.flatnonzero(group.ravel() == one), (len(coordinates),) * 2)


def _takes_table(module: nn.Module) -> bool:
    return any(_TABLE.fullmatch(name) for name in inspect.signature(module.forward).parameters)
