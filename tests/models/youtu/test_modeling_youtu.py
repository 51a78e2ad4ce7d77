import unittest

from transformers import YoutuConfig, YoutuModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class YoutuRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = YoutuConfig
    model_class = YoutuModel
    layout = "half-split"
    rotated_last = True
