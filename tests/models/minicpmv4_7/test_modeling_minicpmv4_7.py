import unittest

import numpy as np
import torch
from transformers.models.minicpmv4_7.configuration_minicpmv4_7 import MiniCPMV4_7Config
from transformers.models.minicpmv4_7.modeling_minicpmv4_7 import MiniCPMV4_7ForConditionalGeneration

from transformers_conformance.rope import SeveralAxesSpec
from transformers_conformance.rope.several_axes import Image, Row, Span, one_after_another
from transformers_conformance.rope.testing import SeveralAxesTestMixin


MERGED = 4  # patches that make a token, on each axis
MARKERS = {"image_start_id": 50, "image_end_id": 51, "slice_start_id": 52, "slice_end_id": 53, "newline_id": 54}


class CanvasSpec(SeveralAxesSpec):
    """An image is a canvas: the token before it stands at its upper left corner, that after it at its lower right."""

    def _framed(self, coordinates: np.ndarray, kind: int) -> list[Span]:
        _, rows, columns = coordinates.max(axis=1) + 1
        before, after = np.array([[0, -1, -1]]).T, np.array([[0, rows, columns]]).T
        holder = self.token("image")
        return [Span(np.hstack((before, coordinates, after)), kind, holder)]

    def _tokens(self, span: Span):
        if span.kind == 0:
            return super()._tokens(span)
        inner = [span.token] * (span.length - 2)
        return iter([MARKERS["image_start_id"], *inner, MARKERS["image_end_id"]])

    def request(self, *rows: Row):
        """The tokens around an image are text by their kind."""
        made = super().request(*rows)
        kinds, ids = made.inputs["mm_token_type_ids"], made.inputs["input_ids"]
        made.inputs["mm_token_type_ids"] = kinds * (ids == self.token("image"))
        return made

    def sizes(self, rows: tuple[Row, ...]) -> dict[str, torch.Tensor]:
        images = [part for row in rows for part in row if isinstance(part, Image)]
        grids = [(MERGED * image.height, MERGED * image.width) for image in images]
        return {"target_sizes": torch.tensor(grids)} if grids else {}


class MiniCPMV4_7SeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = CanvasSpec(
        MiniCPMV4_7Config,
        MiniCPMV4_7ForConditionalGeneration,
        config_overrides={**MARKERS, "image_token_id": 48, "video_token_id": 49},
        place=lambda spans: np.maximum(one_after_another(spans), 0),
        videos=False,
    )
