import unittest

from transformers import FalconH1Config, FalconH1Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class FalconH1RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = FalconH1Config
    model_class = FalconH1Model
    layout = "half-split"
