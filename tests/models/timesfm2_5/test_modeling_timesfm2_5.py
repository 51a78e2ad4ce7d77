import unittest

from transformers import TimesFm2_5Config, TimesFm2_5Model
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class TimesFm2_5RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = TimesFm2_5Config
    model_class = TimesFm2_5Model
    layout = "half-split"
    entry = "layers"
    normed_after_rotation = True
