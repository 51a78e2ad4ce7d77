import unittest

from transformers import NeoMMEConfig, NeoMMEModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class NeoMMERotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = NeoMMEConfig
    model_class = NeoMMEModel
    layout = "half-split"
