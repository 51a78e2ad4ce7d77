import unittest

from transformers.models.t5gemma2.modeling_t5gemma2 import T5Gemma2TextEncoder

from transformers import T5Gemma2TextConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class T5Gemma2TextEncoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = T5Gemma2TextConfig
    model_class = T5Gemma2TextEncoder
    layout = "half-split"
    config_overrides = {"dropout_rate": 0.0}
