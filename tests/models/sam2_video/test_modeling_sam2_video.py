import inspect
import unittest

from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoMemoryAttention, Sam2VideoVisionRotaryEmbedding

from transformers import Sam2VideoConfig
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.axial_spec import GridRotarySpec
from transformers_conformance.rope.coordinates import columns_first
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Sam2VideoMemoryRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    if "position_ids" in inspect.signature(Sam2VideoVisionRotaryEmbedding.forward).parameters:
        spec = AxialRotarySpec(Sam2VideoConfig, Sam2VideoMemoryAttention, "interleaved", leading=(1, 1))
    else:  # in 4.x
        spec = GridRotarySpec(
            Sam2VideoConfig,
            Sam2VideoMemoryAttention,
            "interleaved",
            columns_first,
            config_overrides={"memory_attention_rope_feat_sizes": GridRotarySpec.grid[::-1]},
            leading=(1, 1),
        )
