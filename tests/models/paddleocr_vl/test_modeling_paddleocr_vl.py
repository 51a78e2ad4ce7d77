import unittest

from transformers import PaddleOCRTextConfig, PaddleOCRTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class PaddleOCRTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PaddleOCRTextConfig
    model_class = PaddleOCRTextModel
    layout = "half-split"
