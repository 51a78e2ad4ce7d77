import dataclasses
import unittest

import torch

from transformers import (
    GlmImageConfig,
    GlmImageForConditionalGeneration,
    GlmImageTextConfig,
    GlmImageTextModel,
)
from transformers_conformance.harness.serving import Request
from transformers_conformance.rope import SeveralAxesSpec
from transformers_conformance.rope.several_axes import Image, Row, Span, grid, one_after_another
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class GlmImageTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GlmImageTextConfig
    model_class = GlmImageTextModel
    layout = "half-split"


def drawn(row: Row) -> list[Image]:
    """The images that the model draws after a row, in order. Shapes differ, and the number of tokens does not."""
    return [Image(1, 2), Image(2, 2)] if any(isinstance(part, Image) for part in row) else [Image(2, 1), Image(1, 4)]


class GlmImageSpec(SeveralAxesSpec):
    """The tokens that follow a request are those of images, whose sizes the request states, the last one first."""

    def sizes(self, rows: tuple[Row, ...]) -> dict[str, torch.Tensor]:
        images = [[*(part for part in row if isinstance(part, Image)), *reversed(drawn(row))] for row in rows]
        return {
            "image_grid_thw": torch.tensor([(1, one.height, one.width) for row in images for one in row]),
            "images_per_sample": torch.tensor([len(row) for row in images]),
        }

    def request(self, *rows: Row) -> Request:
        request = super().request(*rows)
        positions = []
        for row, begin in zip(rows, request.next_positions, strict=True):
            spans = [Span(grid(1, one.height, one.width)) for one in drawn(row)]
            positions.append(begin + torch.from_numpy(one_after_another(spans)))
        return dataclasses.replace(request, drawn=torch.stack(positions, dim=1))


class GlmImageSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = GlmImageSpec(GlmImageConfig, GlmImageForConditionalGeneration, videos=False)
