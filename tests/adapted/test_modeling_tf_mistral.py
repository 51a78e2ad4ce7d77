import unittest

from tests.adapted.adapters import AdaptedRotaryTestMixin, TensorFlow


class TFMistralRotaryTest(AdaptedRotaryTestMixin, unittest.TestCase):
    framework = TensorFlow
    model = "MistralModel"
    layout = "half-split"
