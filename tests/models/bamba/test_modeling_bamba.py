import unittest

from transformers import BambaConfig, BambaModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class BambaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = BambaConfig
    model_class = BambaModel
    layout = "half-split"
