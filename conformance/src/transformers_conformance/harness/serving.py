"""How a whole model is served: in one pass, step by step with a cache, and by `generate`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from .cache_name import cache_name


@dataclass(frozen=True)
class Request:
    """What a model is given, and where each of its tokens stands.

    Args:
        inputs: keywords of `forward`, of rows that are padded on the left.
        positions: `[axes, rows, tokens]`, those of padding 0.
        real: `[rows, tokens]`, which tokens are no padding.
        drawn: `[axes, rows, tokens]`, the positions of the tokens that a model makes of an image; None where text
            follows.
    """

    inputs: dict[str, Any]
    positions: torch.Tensor
    real: torch.Tensor
    drawn: torch.Tensor | None = None

    @property
    def next_positions(self) -> torch.Tensor:
        """`[rows, 1]`: where text that follows begins."""
        return self.positions.amax(dim=(0, 2))[:, None] + 1


def one_pass(model: nn.Module, request: Request, **changes: Any) -> torch.Tensor:
    """`[rows, tokens, vocabulary]`, without a cache; a keyword that is changed to None is left out."""
    inputs = {name: value for name, value in (request.inputs | changes).items() if value is not None}
    with torch.no_grad():
        return model(**inputs, use_cache=False).logits


def following(request: Request, tokens: torch.Tensor) -> Request:
    """The request with the tokens after it, `[rows, tokens]`: of the image that is drawn, or of text."""
    ones = torch.ones_like(tokens)
    longer = {"input_ids": tokens, "attention_mask": ones, "mm_token_type_ids": 0 * ones}
    inputs = {
        name: torch.cat((value, longer[name]), dim=1) if name in longer else value
        for name, value in request.inputs.items()
    }
    if request.drawn is None:
        places = (request.next_positions + torch.arange(tokens.shape[1])).expand(len(request.positions), -1, -1)
    else:
        places = request.drawn[..., : tokens.shape[1]]
    positions = torch.cat((request.positions, places), dim=-1)
    return Request(inputs, positions, torch.cat((request.real, ones.bool()), dim=1))


def step_by_step(model: nn.Module, request: Request, tokens: torch.Tensor, *, masked: bool = True) -> torch.Tensor:
    """`[rows, tokens, vocabulary]` of a request and of text after it, each token of which is a pass of its own.

    Args:
        masked: whether the passes are given a mask.
    """
    inputs = dict(request.inputs)
    mask = inputs.pop("attention_mask")
    name = cache_name(type(model))
    with torch.no_grad():
        passed = model(**inputs, use_cache=True, **({"attention_mask": mask} if masked else {}))
        found = [passed.logits]
        for column in tokens.split(1, dim=1):
            mask = torch.cat((mask, torch.ones_like(column)), dim=1)
            kept = {name: getattr(passed, name)} | ({"attention_mask": mask} if masked else {})
            passed = model(input_ids=column, use_cache=True, **kept)
            found.append(passed.logits)
    return torch.cat(found, dim=1)


def in_turns(model: nn.Module, requests: Sequence[Request], tokens: torch.Tensor) -> list[torch.Tensor]:
    """What `step_by_step` gives of each request without a mask, where each pass is followed by one of the next."""
    logits: list[list[torch.Tensor]] = [[] for _ in requests]
    caches: list[Any] = [None] * len(requests)
    name = cache_name(type(model))
    with torch.no_grad():
        for column in (None, *tokens.split(1, dim=1)):
            for index, request in enumerate(requests):
                inputs = {"input_ids": column, name: caches[index]}
                if column is None:
                    inputs = {key: value for key, value in request.inputs.items() if key != "attention_mask"}
                passed = model(**inputs, use_cache=True)
                caches[index] = getattr(passed, name)
                logits[index].append(passed.logits)
    return [torch.cat(parts, dim=1) for parts in logits]


def generated(model: nn.Module, request: Request, tokens: int, **options: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """`[rows, tokens]`, which a model goes on with, and `[rows, tokens, vocabulary]`, the logits of each."""
    torch.manual_seed(0)
    choice = {"do_sample": False, "max_new_tokens": tokens, "min_new_tokens": tokens} | options
    found = model.generate(**request.inputs, **choice, output_logits=True, return_dict_in_generate=True)
    return found.sequences[:, -tokens:], torch.stack(found.logits, dim=1)
