import unittest

from transformers import EuroBertConfig, EuroBertModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class EuroBertRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = EuroBertConfig
    model_class = EuroBertModel
    layout = "half-split"
