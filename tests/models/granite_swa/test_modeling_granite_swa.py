import unittest

from transformers import GraniteSWAConfig, GraniteSWAModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GraniteSWARotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GraniteSWAConfig
    model_class = GraniteSWAModel
    layout = "half-split"
