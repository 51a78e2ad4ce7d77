import unittest

from transformers import VideoLlama3VisionConfig, VideoLlama3VisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class VideoLlama3VisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(VideoLlama3VisionConfig, VideoLlama3VisionModel, "half-split")
