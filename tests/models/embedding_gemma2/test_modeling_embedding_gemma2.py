import unittest

from transformers import EmbeddingGemma2TextConfig, EmbeddingGemma2TextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class EmbeddingGemma2TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = EmbeddingGemma2TextConfig
    model_class = EmbeddingGemma2TextModel
    layout = "half-split"
    score_scale = 1.0  # q and k are scaled by norms
