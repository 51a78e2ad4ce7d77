import unittest

from transformers.configuration_utils import SubConfigSpec

from transformers import PeVideoEncoder, PeVideoEncoderConfig, ViTConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


# What embeds frames is no part of the test; by default it is a model of timm, which no test needs. A subclass of the
# config would not do: a class of another module is warned at most where the library's own refuses.
PeVideoEncoderConfig.sub_configs_defaults = {"vision_config": SubConfigSpec(config_class=ViTConfig)}


class PeVideoEncoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PeVideoEncoderConfig
    model_class = PeVideoEncoder
    layout = "interleaved"
    input_adapter = "layers"
