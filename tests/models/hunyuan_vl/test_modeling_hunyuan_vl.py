import unittest

from transformers import HunYuanVLTextConfig, HunYuanVLTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class HunYuanVLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HunYuanVLTextConfig
    model_class = HunYuanVLTextModel
    layout = "half-split"
    normed_after_rotation = True
