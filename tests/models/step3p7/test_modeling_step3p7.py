import unittest

from transformers import Step3p7TextConfig, Step3p7TextModel, Step3p7VisionConfig, Step3p7VisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.rope.coordinates import side_by_side
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class Step3p7TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Step3p7TextConfig
    model_class = Step3p7TextModel
    layout = "half-split"


class Step3p7VisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Step3p7VisionConfig, Step3p7VisionModel, "half-split", lambda n, base: side_by_side(n, base)[::-1])
