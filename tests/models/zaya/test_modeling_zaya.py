import unittest

from transformers import ZayaConfig, ZayaModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class ZayaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = ZayaConfig
    model_class = ZayaModel
    layout = "half-split"
