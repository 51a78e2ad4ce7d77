import unittest

from transformers import MiniMaxM2Config, MiniMaxM2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MiniMaxM2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MiniMaxM2Config
    model_class = MiniMaxM2Model
    layout = "half-split"
