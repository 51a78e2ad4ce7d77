import unittest

from huggingface_hub.dataclasses import strict
from transformers.configuration_utils import SubConfigSpec

from transformers import PeVideoEncoder, PeVideoEncoderConfig, ViTConfig
from transformers_conformance.testing import RotaryNdimsOddTestMixin


@strict
class Config(PeVideoEncoderConfig):
    """What embeds frames is no part of the test; by default it is a model of timm."""

    default_theta = PeVideoEncoderConfig.default_theta
    sub_configs_defaults = {"vision_config": SubConfigSpec(config_class=ViTConfig)}


# Judged as Transformers' own, which refuse: a class of another module is warned at most.
Config.__module__ = PeVideoEncoderConfig.__module__


class Encoder(PeVideoEncoder):
    config_class = Config


class PeVideoEncoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Config
    model_class = Encoder
    layout = "interleaved"
    entry = "layers"
