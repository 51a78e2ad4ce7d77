import unittest

from transformers import SmolLM3Config, SmolLM3Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class SmolLM3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = SmolLM3Config
    model_class = SmolLM3Model
    layout = "half-split"
