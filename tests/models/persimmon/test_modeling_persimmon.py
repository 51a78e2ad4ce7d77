import unittest

from transformers import PersimmonConfig, PersimmonModel
from transformers_conformance.rope import Deviation
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class PersimmonRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PersimmonConfig
    model_class = PersimmonModel
    layout = "half-split"
    exceptions = {
        "cast": Deviation("the buffer inv_freq is cast with the model"),
    }
