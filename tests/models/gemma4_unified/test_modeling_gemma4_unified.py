import unittest

from transformers import Gemma4UnifiedTextConfig, Gemma4UnifiedTextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Gemma4UnifiedTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Gemma4UnifiedTextConfig
    model_class = Gemma4UnifiedTextModel
    layout = "half-split"
    score_scale = 1.0  # q and k are scaled by norms
