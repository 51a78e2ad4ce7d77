import unittest

from transformers import TimesFm2_5Config, TimesFm2_5Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class TimesFm2_5RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = TimesFm2_5Config
    model_class = TimesFm2_5Model
    layout = "half-split"
    input_adapter = "layers"
    normed_after_rotation = True
    score_scale = 1.0  # each channel of q is scaled by a weight of its own
