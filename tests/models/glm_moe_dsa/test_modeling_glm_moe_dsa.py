import unittest

from transformers import GlmMoeDsaConfig, GlmMoeDsaModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class GlmMoeDsaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GlmMoeDsaConfig
    model_class = GlmMoeDsaModel
    layout = "half-split"
    rotated_last = True
