import unittest

from transformers import EvollaConfig, EvollaModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class EvollaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = EvollaConfig
    model_class = EvollaModel
    layout = "half-split"
