import unittest

from transformers import GraniteMoeSharedConfig, GraniteMoeSharedModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GraniteMoeSharedRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GraniteMoeSharedConfig
    model_class = GraniteMoeSharedModel
    layout = "half-split"
