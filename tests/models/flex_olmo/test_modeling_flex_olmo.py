import unittest

from transformers import FlexOlmoConfig, FlexOlmoModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class FlexOlmoRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = FlexOlmoConfig
    model_class = FlexOlmoModel
    layout = "half-split"
