import unittest

from transformers import SeedOssConfig, SeedOssModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class SeedOssRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = SeedOssConfig
    model_class = SeedOssModel
    layout = "half-split"
