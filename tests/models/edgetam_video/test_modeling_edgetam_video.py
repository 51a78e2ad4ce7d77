import unittest

from transformers.models.edgetam_video.modeling_edgetam_video import EdgeTamVideoMemoryAttention

from transformers import EdgeTamVideoConfig
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class EdgeTamVideoMemoryRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(EdgeTamVideoConfig, EdgeTamVideoMemoryAttention, "interleaved", leading=(1, 1))
