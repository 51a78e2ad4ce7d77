import unittest

from transformers import Ministral3Config, Ministral3Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Ministral3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Ministral3Config
    model_class = Ministral3Model
    layout = "half-split"
