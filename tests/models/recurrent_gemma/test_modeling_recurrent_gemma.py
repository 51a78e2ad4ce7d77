import unittest

from transformers import RecurrentGemmaConfig, RecurrentGemmaModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class RecurrentGemmaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = RecurrentGemmaConfig
    model_class = RecurrentGemmaModel
    layout = "half-split"
    # Recurrent blocks know no rotation, and reset where a position is 0.
    config_overrides = {"block_types": ("attention",)}
    rope_types = ()
