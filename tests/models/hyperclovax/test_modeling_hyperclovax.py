import unittest

from transformers import HyperCLOVAXConfig, HyperCLOVAXModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class HyperCLOVAXRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HyperCLOVAXConfig
    model_class = HyperCLOVAXModel
    layout = "half-split"
