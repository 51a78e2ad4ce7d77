import unittest

from transformers import GPTJConfig, GPTJModel
from transformers_conformance.rope import Deviation
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class GPTJRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = GPTJConfig
    model_class = GPTJModel
    layout = "interleaved"
    exceptions = {
        "precision": Deviation(
            "the sinusoid table is made in the default type, which from_config(dtype=...) sets", widths=(8, 4)
        ),
    }
