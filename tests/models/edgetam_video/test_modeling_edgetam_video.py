import inspect
import unittest

from transformers.models.edgetam_video.modeling_edgetam_video import (
    EdgeTamVideoMemoryAttention,
    EdgeTamVideoVisionRotaryEmbedding,
)

from transformers import EdgeTamVideoConfig
from transformers_conformance.rope import Tower
from transformers_conformance.rope.coordinates import columns_first
from transformers_conformance.rope.tower import GridTower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class EdgeTamVideoMemoryRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    if "position_ids" in inspect.signature(EdgeTamVideoVisionRotaryEmbedding.forward).parameters:
        tower = Tower(EdgeTamVideoConfig, EdgeTamVideoMemoryAttention, "interleaved", leading=(1, 1))
    else:  # in 4.x
        tower = GridTower(
            EdgeTamVideoConfig,
            EdgeTamVideoMemoryAttention,
            "interleaved",
            columns_first,
            {"memory_attention_rope_feat_sizes": GridTower.grid[::-1]},
            leading=(1, 1),
        )
