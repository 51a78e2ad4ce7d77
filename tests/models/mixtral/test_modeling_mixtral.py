import unittest

from transformers import MixtralConfig, MixtralModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MixtralRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MixtralConfig
    model_class = MixtralModel
    layout = "half-split"
