import unittest

from transformers import DeepseekOcr2TextConfig, DeepseekOcr2TextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class DeepseekOcr2TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DeepseekOcr2TextConfig
    model_class = DeepseekOcr2TextModel
    layout = "half-split"
