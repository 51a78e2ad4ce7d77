import unittest

from transformers import CwmConfig, CwmModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class CwmRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = CwmConfig
    model_class = CwmModel
    layout = "half-split"
