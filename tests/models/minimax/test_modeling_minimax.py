import unittest

from transformers import MiniMaxConfig, MiniMaxModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MiniMaxRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MiniMaxConfig
    model_class = MiniMaxModel
    layout = "half-split"
