"""Describes a whole model whose positions have several axes, and makes its tiny configs, rows and requests."""

import copy
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import nn

from ..core.case import Axes
from ..harness.model_spec import ModelSpec
from ..harness.serving import Request
from ..harness.tiny import level_norms_of_heads, seed_weights
from ..harness.tiny_config import tiny_sizes
from .case import Case
from .several_axes import Image, Part, Placing, Row, Span, Text, Video, grid, one_after_another, text_span


HEAD_DIM = 16
_VOCAB = 64
_FIRST_OWN_TOKEN = 4  # lower ids are padding, begin and end; the tokens that a config names have ids from here on
_FIRST_TEXT_TOKEN = 24  # tokens of text have ids from here on
_MERGED = 2  # patches per token on each axis of space, if the config does not state it
_TIMESTAMP = 2  # tokens before a frame, if a model writes timestamps
_TOKEN = re.compile(r"(?!pad|bos|eos)\w+_token_(id|index)")
_MEDIA = ("text", "image", "video")


def sections(pairs: Sequence[int] = (2, 3, 3)) -> dict[str, Any]:
    """The `rope_parameters` of a config; `pairs` are the numbers of pairs that turn by time, height and width."""
    return {"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 1.0, "mrope_section": list(pairs)}


@dataclass(frozen=True, eq=False)
class SeveralAxesSpec(ModelSpec):
    """A whole model, such as a `ForConditionalGeneration`, whose positions have several axes.

    The model gets only the grids of images and videos, not their pixels. So its encoders do not run. All tokens of an
    image have the embedding of the placeholder token.

    Args:
        config_overrides: config keywords that the rules of `sizes` do not find. If a value is a mapping, it is merged
            into the config of the part with this name.
        axes: the number of axes.
        place: computes the positions of a row's spans.
        videos: whether the model takes videos.
        frames_apart: whether a video is written frame by frame, with text for the time between frames.
        tokens_a_second: steps of the time axis per second; None if the model does not take seconds between frames.
        frames_merged: the number of frames of a video that are merged into one.
        normed_after_rotation: whether heads are normed after they are rotated.
    """

    _: KW_ONLY
    axes: int = 3
    place: Placing = one_after_another
    videos: bool = True
    frames_apart: bool = False
    tokens_a_second: int | None = None
    frames_merged: int = 1
    normed_after_rotation: bool = False

    @property
    def supported_rope_types(self) -> tuple[str, ...]:
        return ()

    def cases(self, axes: Axes) -> list[Case]:
        return [Case(axes["head_dim"], axes["n"], None)]

    def headline(self, case: Case) -> str:
        return self.model_class.__name__

    def config_values(self, case: Case) -> dict[str, Any]:
        return copy.deepcopy(self.values)

    @cached_property
    def values(self) -> dict[str, Any]:
        """Config keywords of the tiny model."""
        values = tiny_sizes(self.config_class, self.fields, HEAD_DIM)
        named = [name for name in values if _TOKEN.fullmatch(name)]
        values |= {name: number for number, name in enumerate(named, _FIRST_OWN_TOKEN)}
        text = values["text_config"]
        text["vocab_size"] = _VOCAB
        text["rope_parameters"] = sections()
        return _with_changes(values, self.config_overrides) | {"attn_implementation": "eager"}

    def build(self) -> nn.Module:
        """The tiny model, in evaluation mode, with seeded weights."""
        model = self.model_class(self.config_class(**copy.deepcopy(self.values))).eval()
        seed_weights(model)
        if self.normed_after_rotation:
            level_norms_of_heads(model, HEAD_DIM)
        return model

    def request(self, *rows: Row) -> Request:
        """Rows as one batch, padded on the left."""
        spans = [[span for part in row for span in self.spans(part)] for row in rows]
        lengths = [sum(span.length for span in row) for row in spans]
        shape = len(rows), max(lengths)
        tokens, kinds = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
        real, positions = torch.zeros(shape, dtype=torch.long), torch.zeros(self.axes, *shape, dtype=torch.long)
        for index, (row, length) in enumerate(zip(spans, lengths, strict=True)):
            own = slice(shape[1] - length, None)
            tokens[index, own] = torch.tensor([token for span in row for token in self._tokens(span)])
            kinds[index, own] = torch.tensor([span.kind for span in row for _ in range(span.length)])
            real[index, own] = 1
            positions[:, index, own] = torch.from_numpy(self.place(row)).long()
        inputs = {"input_ids": tokens, "attention_mask": real}
        if "mm_token_type_ids" in self._arguments:  # other models find images and videos by their token ids
            inputs["mm_token_type_ids"] = kinds
        return Request(inputs | self.sizes(rows), positions, real.bool())

    def spans(self, part: Part) -> list[Span]:
        """The spans of tokens that stand for a part of a row."""
        if isinstance(part, Text):
            return [text_span(part.tokens, self.axes)]
        if isinstance(part, Image):
            return self._framed(grid(1, part.height, part.width), 1)
        if not self.frames_apart:
            interval = 1.0 if self.tokens_a_second is None else part.seconds * self.tokens_a_second
            return self._framed(grid(part.frames, part.height, part.width, interval), 2)
        return [
            span
            for _ in range(part.frames)
            for span in (text_span(_TIMESTAMP, self.axes), *self._framed(grid(1, part.height, part.width), 2))
        ]

    def _framed(self, coordinates: np.ndarray, kind: int) -> list[Span]:
        """A span of an image or a frame, between the tokens that mark its begin and its end."""
        media = _MEDIA[kind]
        begin = self.token(f"{media}_start", "vision_start")
        end = self.token(f"{media}_end", "vision_end")
        holder = self.token(media)
        return [text_span(1, self.axes, begin), Span(coordinates, kind, holder), text_span(1, self.axes, end)]

    def token(self, *names: str) -> int | None:
        """The id of the first of these tokens that the config names; None if it names none."""
        keys = [f"{name}_token_{ending}" for name in names for ending in ("id", "index")]
        return next((self.values[key] for key in keys if key in self.values), None)

    def _tokens(self, span: Span) -> Iterator[int]:
        for place in range(span.length):
            yield _FIRST_TEXT_TOKEN + (7 * place + 3 * span.length) % 37 if span.token is None else span.token

    def sizes(self, rows: tuple[Row, ...]) -> dict[str, torch.Tensor]:
        """Keyword arguments: the sizes of images and videos, in patches, and the seconds between frames."""
        merged = self.merged
        found = {}
        parts = [part for row in rows for part in row]
        if images := [(1, merged * part.height, merged * part.width) for part in parts if isinstance(part, Image)]:
            found["image_grid_thw"] = torch.tensor(images)
        if videos := [part for part in parts if isinstance(part, Video)]:
            grids = [(self.frames_merged * one.frames, merged * one.height, merged * one.width) for one in videos]
            found["video_grid_thw"] = torch.tensor(grids)
            if self.tokens_a_second is not None:
                named = "video_second_per_grid" if "video_second_per_grid" in self._arguments else "second_per_grid_ts"
                found[named] = torch.tensor([one.seconds for one in videos])
        return found

    @cached_property
    def _arguments(self) -> set[str]:
        return set(inspect.signature(self.model_class.forward).parameters)

    @cached_property
    def merged(self) -> int:
        config = self.config_class(**copy.deepcopy(self.values))
        return getattr(config.vision_config, "spatial_merge_size", _MERGED)


def _with_changes(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a config with changes. The changes of the config of a part are merged into it, key by key."""
    parts = {name: values[name] | changes[name] for name in changes if isinstance(values.get(name), dict)}
    return dict(values) | dict(changes) | parts
