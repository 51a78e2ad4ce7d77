import inspect
import unittest

from transformers.models.edgetam_video.modeling_edgetam_video import (
    EdgeTamVideoMemoryAttention,
    EdgeTamVideoVisionRotaryEmbedding,
)

from transformers import EdgeTamVideoConfig
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.axial_spec import GridRotarySpec
from transformers_conformance.rope.coordinates import columns_first
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class EdgeTamVideoMemoryRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    if "position_ids" in inspect.signature(EdgeTamVideoVisionRotaryEmbedding.forward).parameters:
        spec = AxialRotarySpec(EdgeTamVideoConfig, EdgeTamVideoMemoryAttention, "interleaved", leading=(1, 1))
    else:  # in 4.x
        spec = GridRotarySpec(
            EdgeTamVideoConfig,
            EdgeTamVideoMemoryAttention,
            "interleaved",
            columns_first,
            config_overrides={"memory_attention_rope_feat_sizes": GridRotarySpec.grid[::-1]},
            leading=(1, 1),
        )
