import unittest

from transformers import Lfm3VlVisionConfig, Lfm3VlVisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Lfm3VlVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Lfm3VlVisionConfig, Lfm3VlVisionModel, "half-split")
