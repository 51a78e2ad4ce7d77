import unittest

from transformers import Glm5NextVisionConfig, Glm5NextVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Glm5NextVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Glm5NextVisionConfig, Glm5NextVisionModel, "half-split")
