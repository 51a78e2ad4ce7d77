import unittest

from transformers import HiggsAudioV2Config, HiggsAudioV2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class HiggsAudioV2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HiggsAudioV2Config
    model_class = HiggsAudioV2Model
    layout = "half-split"
