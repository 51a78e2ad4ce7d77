import unittest

from transformers import StableLmConfig, StableLmModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class StableLmRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = StableLmConfig
    model_class = StableLmModel
    layout = "half-split"
