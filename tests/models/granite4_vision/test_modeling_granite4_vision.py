import unittest

from transformers import Granite4VisionTextConfig, Granite4VisionTextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Granite4VisionTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Granite4VisionTextConfig
    model_class = Granite4VisionTextModel
    layout = "half-split"
