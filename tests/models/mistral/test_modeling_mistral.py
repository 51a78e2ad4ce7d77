import unittest

from transformers import MistralConfig, MistralModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MistralRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MistralConfig
    model_class = MistralModel
    layout = "half-split"
