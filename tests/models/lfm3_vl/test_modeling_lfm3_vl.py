import unittest

from transformers import Lfm3VlVisionConfig, Lfm3VlVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Lfm3VlVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Lfm3VlVisionConfig, Lfm3VlVisionModel, "half-split")
