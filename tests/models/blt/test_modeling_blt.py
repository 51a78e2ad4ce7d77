import unittest

from transformers import BltPatcher, BltPatcherConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class BltPatcherRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = BltPatcherConfig
    model_class = BltPatcher
    layout = "interleaved"
