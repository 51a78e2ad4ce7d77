import unittest

from transformers import FalconConfig, FalconModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class FalconRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = FalconConfig
    model_class = FalconModel
    layout = "half-split"
