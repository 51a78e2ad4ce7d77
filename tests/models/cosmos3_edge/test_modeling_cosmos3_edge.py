import unittest

from transformers import Cosmos3EdgeTextConfig, Cosmos3EdgeTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Cosmos3EdgeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Cosmos3EdgeTextConfig
    model_class = Cosmos3EdgeTextModel
    layout = "half-split"
    rope_types = ()
