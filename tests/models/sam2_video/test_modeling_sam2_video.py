import inspect
import unittest

from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoMemoryAttention, Sam2VideoVisionRotaryEmbedding

from transformers import Sam2VideoConfig
from transformers_conformance.rope import Tower
from transformers_conformance.rope.coordinates import columns_first
from transformers_conformance.rope.tower import GridTower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Sam2VideoMemoryRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    if "position_ids" in inspect.signature(Sam2VideoVisionRotaryEmbedding.forward).parameters:
        tower = Tower(Sam2VideoConfig, Sam2VideoMemoryAttention, "interleaved", leading=(1, 1))
    else:  # in 4.x
        tower = GridTower(
            Sam2VideoConfig,
            Sam2VideoMemoryAttention,
            "interleaved",
            columns_first,
            {"memory_attention_rope_feat_sizes": GridTower.grid[::-1]},
            leading=(1, 1),
        )
