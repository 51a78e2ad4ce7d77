import unittest

from transformers import Gemma3nTextConfig, Gemma3nTextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Gemma3nTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Gemma3nTextConfig
    model_class = Gemma3nTextModel
    layout = "half-split"
    score_scale = 1.0  # q and k are scaled by norms
