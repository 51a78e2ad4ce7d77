import unittest

from transformers import NanoChatConfig, NanoChatModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class NanoChatRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = NanoChatConfig
    model_class = NanoChatModel
    layout = "half-split-reversed"
    normed_after_rotation = True
