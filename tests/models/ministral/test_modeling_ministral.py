import unittest

from transformers import MinistralConfig, MinistralModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MinistralRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MinistralConfig
    model_class = MinistralModel
    layout = "half-split"
