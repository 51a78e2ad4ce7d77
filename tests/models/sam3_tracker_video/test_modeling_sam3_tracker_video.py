import unittest

from transformers.models.sam3_tracker_video.modeling_sam3_tracker_video import Sam3TrackerVideoMemoryAttention

from transformers import Sam3TrackerVideoConfig
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Sam3TrackerVideoMemoryRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Sam3TrackerVideoConfig, Sam3TrackerVideoMemoryAttention, "interleaved", leading=(1, 1))
