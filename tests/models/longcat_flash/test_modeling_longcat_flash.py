import unittest

from transformers import LongcatFlashConfig, LongcatFlashModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class LongcatFlashRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = LongcatFlashConfig
    model_class = LongcatFlashModel
    layout = "half-split"
    rotated_last = True
