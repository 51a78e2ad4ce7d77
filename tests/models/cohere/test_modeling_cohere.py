import unittest

from transformers import CohereConfig, CohereModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class CohereRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = CohereConfig
    model_class = CohereModel
    layout = "interleaved"
