import unittest

from transformers import UnlimitedOcrTextConfig, UnlimitedOcrTextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class UnlimitedOcrTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = UnlimitedOcrTextConfig
    model_class = UnlimitedOcrTextModel
    layout = "half-split"
    # A key for each head, which the config does not insist on.
    config_overrides = {"num_key_value_heads": 4}
