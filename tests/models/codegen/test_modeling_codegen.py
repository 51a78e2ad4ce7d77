import unittest

from transformers import CodeGenConfig, CodeGenModel
from transformers_conformance.rope import Deviation
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class CodeGenRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = CodeGenConfig
    model_class = CodeGenModel
    layout = "interleaved"
    exceptions = {
        "precision": Deviation(
            "the sinusoid table is made in the default type, which from_config(dtype=...) sets", widths=(8, 4)
        ),
    }
