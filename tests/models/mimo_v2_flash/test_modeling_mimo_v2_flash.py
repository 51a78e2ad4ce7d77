import unittest

from transformers import MiMoV2FlashConfig, MiMoV2FlashModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class MiMoV2FlashRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MiMoV2FlashConfig
    model_class = MiMoV2FlashModel
    layout = "half-split"
