import unittest

from transformers.models.sam3_tracker_video.modeling_sam3_tracker_video import Sam3TrackerVideoMemoryAttention

from transformers import Sam3TrackerVideoConfig
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Sam3TrackerVideoMemoryRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Sam3TrackerVideoConfig, Sam3TrackerVideoMemoryAttention, "interleaved", leading=(1, 1))
