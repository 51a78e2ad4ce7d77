import unittest

import numpy as np
from transformers.models.hy_v4_vl.modeling_hy_v4_vl import (
    HYV4VLConfig,
    HYV4VLForConditionalGeneration,
    HYV4VLTextConfig,
    HYV4VLTextModel,
)

from transformers_conformance.rope import SeveralAxesSpec
from transformers_conformance.rope.several_axes import Image, Part, Span, Video, grid
from transformers_conformance.rope.several_axes_spec import HEAD_DIM
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class HYV4VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HYV4VLTextConfig
    model_class = HYV4VLTextModel
    layout = "interleaved"
    rotated_last = True


def blocks(frames: int, height: int, width: int) -> np.ndarray:
    """`[3, tokens]`: every frame begins, on all axes, where the square around the frame before it ends."""
    cells = grid(frames, height, width)
    return cells * [[0], [1], [1]] + cells[0] * max(height, width)


class HYV4VLSpec(SeveralAxesSpec):
    """A token that ends the line follows each row of an image or a frame."""

    def spans(self, part: Part) -> list[Span]:
        if isinstance(part, Image):
            return self._framed(blocks(1, part.height, part.width + 1), 1)
        if isinstance(part, Video):
            return self._framed(blocks(part.frames, part.height, part.width + 1), 2)
        return super().spans(part)


class HYV4VLSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = HYV4VLSpec(
        HYV4VLConfig, HYV4VLForConditionalGeneration, config_overrides={"text_config": {"qk_rope_head_dim": HEAD_DIM}}
    )
