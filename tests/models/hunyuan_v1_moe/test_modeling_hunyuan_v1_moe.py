import unittest

from transformers import HunYuanMoEV1Config, HunYuanMoEV1Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class HunYuanMoEV1RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HunYuanMoEV1Config
    model_class = HunYuanMoEV1Model
    layout = "half-split"
    normed_after_rotation = True
