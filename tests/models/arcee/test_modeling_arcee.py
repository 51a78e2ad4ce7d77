import unittest

from transformers import ArceeConfig, ArceeModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class ArceeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = ArceeConfig
    model_class = ArceeModel
    layout = "half-split"
