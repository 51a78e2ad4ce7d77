import unittest

from transformers import PocketTTSConfig, PocketTTSModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class PocketTTSRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PocketTTSConfig
    model_class = PocketTTSModel
    layout = "half-split"
