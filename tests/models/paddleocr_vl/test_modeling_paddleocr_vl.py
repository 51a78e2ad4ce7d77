import unittest

from transformers import PaddleOCRTextConfig, PaddleOCRTextModel, PaddleOCRVisionConfig, PaddleOCRVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


class PaddleOCRTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PaddleOCRTextConfig
    model_class = PaddleOCRTextModel
    layout = "half-split"


class PaddleOCRVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(PaddleOCRVisionConfig, PaddleOCRVisionModel, "half-split")
