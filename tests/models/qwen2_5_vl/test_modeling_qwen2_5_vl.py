import unittest

from transformers import Qwen2_5_VLTextConfig, Qwen2_5_VLTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Qwen2_5_VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Qwen2_5_VLTextConfig
    model_class = Qwen2_5_VLTextModel
    layout = "half-split"
