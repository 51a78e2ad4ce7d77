import unittest

from transformers import MoshiConfig, MoshiModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MoshiRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MoshiConfig
    model_class = MoshiModel
    layout = "half-split"
