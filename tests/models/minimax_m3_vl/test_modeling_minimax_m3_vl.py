import unittest

from transformers import MiniMaxM3VLTextConfig, MiniMaxM3VLTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class MiniMaxM3VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MiniMaxM3VLTextConfig
    model_class = MiniMaxM3VLTextModel
    layout = "half-split"
