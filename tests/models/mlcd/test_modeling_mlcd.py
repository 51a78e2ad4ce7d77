import unittest

from transformers import MLCDVisionConfig, MLCDVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class MLCDVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(MLCDVisionConfig, MLCDVisionModel, "half-split")
