import unittest

from transformers import MiMoV2FlashConfig, MiMoV2FlashModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MiMoV2FlashRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MiMoV2FlashConfig
    model_class = MiMoV2FlashModel
    layout = "half-split"
    # The first layer is of the kind that has as many keys as the config says; the other has twice as many.
    config_overrides = {"layer_types": ["full_attention", "sliding_attention"]}
