import unittest

from transformers import GradiumPhononTTSConfig, GradiumPhononTTSModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class GradiumPhononTTSRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GradiumPhononTTSConfig
    model_class = GradiumPhononTTSModel
    layout = "half-split"
