import unittest

from transformers.models.moonshine_streaming.modeling_moonshine_streaming import MoonshineStreamingDecoder

from transformers import MoonshineStreamingConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MoonshineStreamingDecoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MoonshineStreamingConfig
    model_class = MoonshineStreamingDecoder
    layout = "interleaved"
    input_adapter = "layers"
    config_overrides = {"num_key_value_heads": 4}
