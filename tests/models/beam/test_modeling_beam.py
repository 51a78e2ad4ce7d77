import unittest

from transformers import BeamConfig, BeamModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class BeamRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = BeamConfig
    model_class = BeamModel
    layout = "half-split"
