import unittest

from transformers import IdeficsConfig, IdeficsModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class IdeficsRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = IdeficsConfig
    model_class = IdeficsModel
    layout = "half-split"
    input_adapter = "layers"
    config_overrides = {"cross_layer_interval": 3}
