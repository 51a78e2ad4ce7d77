import unittest

from tests.adapted.adapters import AdaptedRotaryTestMixin, TensorFlow


class TFGPTJRotaryTest(AdaptedRotaryTestMixin, unittest.TestCase):
    framework = TensorFlow
    model = "GPTJModel"
    layout = "interleaved"
