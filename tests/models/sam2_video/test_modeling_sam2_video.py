import unittest

from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoMemoryAttention

from transformers import Sam2VideoConfig
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Sam2VideoMemoryRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Sam2VideoConfig, Sam2VideoMemoryAttention, "interleaved", leading=(1, 1))
