import unittest

from transformers import DiffusionGemmaEncoderTextModel, DiffusionGemmaTextConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class DiffusionGemmaEncoderTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DiffusionGemmaTextConfig
    model_class = DiffusionGemmaEncoderTextModel
    layout = "half-split"
    score_scale = 1.0  # q and k are scaled by norms
