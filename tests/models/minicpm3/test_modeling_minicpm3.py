import unittest

from transformers import MiniCPM3Config, MiniCPM3Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MiniCPM3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MiniCPM3Config
    model_class = MiniCPM3Model
    layout = "half-split"
    rotated_last = True
