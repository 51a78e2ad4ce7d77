import unittest

from transformers import HunYuanDenseV1Config, HunYuanDenseV1Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class HunYuanDenseV1RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HunYuanDenseV1Config
    model_class = HunYuanDenseV1Model
    layout = "half-split"
    normed_after_rotation = True
