import unittest

from transformers import EsmcConfig, EsmcModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class EsmcRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = EsmcConfig
    model_class = EsmcModel
    layout = "half-split"
    # A key for each head.
    config_overrides = {"num_key_value_heads": 4}
