import unittest

from transformers import VideoLlama3VisionConfig, VideoLlama3VisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class VideoLlama3VisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(VideoLlama3VisionConfig, VideoLlama3VisionModel, "half-split")
