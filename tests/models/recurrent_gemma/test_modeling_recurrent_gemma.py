import unittest

from transformers import RecurrentGemmaConfig, RecurrentGemmaModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class RecurrentGemmaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = RecurrentGemmaConfig
    model_class = RecurrentGemmaModel
    layout = "half-split"
    rope_types = ()
    # Recurrent blocks know no rotation, and reset where a position is 0.
    # The 4.x releases multiply a window of zeros beside the keys of a pass, unless it fills no cache.
    config_overrides = {"block_types": ("attention",), "use_cache": False}
