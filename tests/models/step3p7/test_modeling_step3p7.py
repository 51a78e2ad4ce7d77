import unittest

from transformers import Step3p7TextConfig, Step3p7TextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Step3p7TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Step3p7TextConfig
    model_class = Step3p7TextModel
    layout = "half-split"
