import unittest
from collections.abc import Iterable

import numpy as np

from transformers import HunYuanVLConfig, HunYuanVLForConditionalGeneration, HunYuanVLTextConfig, HunYuanVLTextModel
from transformers_conformance.rope import SeveralAxesSpec
from transformers_conformance.rope.several_axes import Image, Part, Span, grid
from transformers_conformance.rope.several_axes_spec import sections
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class HunYuanVLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HunYuanVLTextConfig
    model_class = HunYuanVLTextModel
    layout = "half-split"
    normed_after_rotation = True


AXES = 4  # the place in the row, the column, the row, and which image of the row of tokens it is


def numbered_images(spans: Iterable[Span]) -> np.ndarray:
    """`[axes, tokens]`: text has its place in the row on all axes; columns and rows of each image begin at 0."""
    placed, begin, images = [], 0, 0
    for span in spans:
        places = np.tile(begin + np.arange(span.length), (AXES, 1))
        if span.kind == 1:
            _, height, width = span.coordinates
            places[1:] = width, height, np.full(span.length, images)
            images += 1
        placed.append(places)
        begin += span.length
    return np.concatenate(placed, axis=1)


class HunYuanVLSpec(SeveralAxesSpec):
    """A token that ends the line follows each row of an image."""

    def spans(self, part: Part) -> list[Span]:
        if isinstance(part, Image):
            return self._framed(grid(1, part.height, part.width + 1), 1)
        return super().spans(part)


class HunYuanVLSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = HunYuanVLSpec(
        HunYuanVLConfig,
        HunYuanVLForConditionalGeneration,
        config_overrides={"text_config": {"rope_parameters": sections([2, 2, 2, 2])}},
        axes=AXES,
        place=numbered_images,
        videos=False,
        normed_after_rotation=True,
    )
