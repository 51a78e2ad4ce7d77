import unittest

from transformers import Ernie4_5_VLMoeTextConfig, Ernie4_5_VLMoeTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Ernie4_5_VLMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Ernie4_5_VLMoeTextConfig
    model_class = Ernie4_5_VLMoeTextModel
    layout = "interleaved"
    # Its rotary module refuses any rope type but the default one.
    rope_types = ()
