import unittest

from transformers import Exaone4_5_VisionConfig, Exaone4_5_VisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Exaone4_5VisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Exaone4_5_VisionConfig, Exaone4_5_VisionModel, "half-split")
