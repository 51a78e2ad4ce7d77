import unittest

from transformers.models.t5gemma.modeling_t5gemma import T5GemmaEncoder

from transformers import T5GemmaModuleConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class T5GemmaEncoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = T5GemmaModuleConfig
    model_class = T5GemmaEncoder
    layout = "half-split"
    config_overrides = {"dropout_rate": 0.0}
