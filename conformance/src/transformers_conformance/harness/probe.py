"""Runs a tiny model at chosen positions, and keeps the results, because many checks ask for the same run."""

import inspect
from functools import lru_cache

import torch

from ..core.case import Case
from .capture import Attention, every_attention, first_attention, run_with_noise
from .model_spec import ModelSpec
from .sizes import BATCH_SIZE, SEQUENCE_LENGTH, VOCAB_SIZE
from .tiny import build_model


_FIRST_PLAIN_TOKEN = 4  # lower ids are special tokens, such as padding


class Probe:
    """One tiny model and its runs.

    It keeps the results of a run by the positions of the run. So if a model changes its tables while it runs, do not
    share its `Probe`.

    Args:
        model: the model to run; None builds the model of the case.
    """

    def __init__(self, spec: ModelSpec, case: Case, model: torch.nn.Module | None = None):
        self.head_dim = case.head_dim
        self.model = build_model(spec, case) if model is None else model
        self._spec = spec
        self._first_channel = spec.first_channel(case)
        generator = torch.Generator().manual_seed(0)
        shape = (BATCH_SIZE, SEQUENCE_LENGTH)
        self.input_ids = torch.randint(_FIRST_PLAIN_TOKEN, VOCAB_SIZE, shape, generator=generator)
        self._attention: dict[tuple, Attention] = {}
        self._outputs: dict[tuple, torch.Tensor] = {}
        self._sensitivities: dict[tuple, float] = {}

    def attention(self, position_ids: torch.Tensor) -> Attention:
        """q and k of the first attention layer that the spec reads; `position_ids` is `[1, seq]` or `[batch, seq]`.

        As in all methods of this class, the first channel of a head is `first_channel` of the spec.
        """
        key = _key(position_ids)
        if key not in self._attention:
            self._attention[key] = self.read(self.input_ids, position_ids)
        return self._attention[key]

    def read(
        self,
        input_ids: torch.Tensor,
        position_ids: torch.Tensor | None,
        *,
        graph: bool = False,
        keeps_cache: bool = True,
    ) -> Attention:
        """As `attention`, but for other tokens, and the result is not kept.

        Args:
            position_ids: None lets the model count positions itself.
            graph: whether q and k keep the graph for gradients.
            keeps_cache: whether the pass may fill a cache.
        """

        def run() -> torch.Tensor:
            return run_model(self.model, input_ids, position_ids, keeps_cache=keeps_cache)

        attention = first_attention(self.model, self.head_dim, len(input_ids), run, graph, self.reads_layer)
        return attention.beginning_at(self._first_channel)

    def reads_layer(self, index: int) -> bool:
        """Whether the spec reads the attention layer with this index."""
        return self._spec.reads_layer(self.model.config, index)

    def layers(self, position_ids: torch.Tensor) -> list[Attention]:
        """q and k of every attention layer, as `every_attention` reads them."""
        attentions = every_attention(
            self.model, self.head_dim, BATCH_SIZE, lambda: run_model(self.model, self.input_ids, position_ids)
        )
        return [attention.beginning_at(self._first_channel) for attention in attentions]

    def outputs(self, position_ids: torch.Tensor) -> torch.Tensor:
        """The model's first output."""
        key = _key(position_ids)
        if key not in self._outputs:
            with torch.no_grad():
                self._outputs[key] = run_model(self.model, self.input_ids, position_ids)
        return self._outputs[key]

    def sensitivity(self, position_ids: torch.Tensor) -> float:
        """The largest change of an output, divided by the size of a random relative error in every q and k.

        For small errors, the change is proportional to the error.
        """
        key = _key(position_ids)
        if key not in self._sensitivities:
            noise = 1e-3
            noisy = run_with_noise(self.head_dim, noise, lambda: run_model(self.model, self.input_ids, position_ids))
            self._sensitivities[key] = (noisy - self.outputs(position_ids)).abs().max().item() / noise
        return self._sensitivities[key]


def run_model(
    model: torch.nn.Module,
    input_ids: torch.Tensor,
    position_ids: torch.Tensor | None,
    attention_mask: torch.Tensor | None = None,
    keeps_cache: bool = True,
) -> torch.Tensor:
    """The first output of a pass. Without `position_ids`, the model counts positions itself.

    By default, the pass gets a mask of ones. Without a mask, newer releases take positions that restart for several
    packed sequences.
    """
    mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
    given = {} if position_ids is None else {"position_ids": position_ids}
    caching = {} if keeps_cache else without_a_cache(model)
    return model(input_ids=input_ids, attention_mask=mask, **given, **caching)[0]


def without_a_cache(model: torch.nn.Module) -> dict[str, bool]:
    """Keywords of a pass that neither fills a cache nor is changed by one."""
    return {"use_cache": False} if "use_cache" in inspect.signature(model.forward).parameters else {}


@lru_cache(maxsize=64)
def probe(spec: ModelSpec, case: Case) -> Probe:
    """The shared probe of a case."""
    return Probe(spec, case)


def _key(position_ids: torch.Tensor) -> tuple:
    return tuple(position_ids.shape), tuple(position_ids.flatten().tolist())
