import unittest

from tests.adapted.adapters import AdaptedRotaryTestMixin, TensorFlow


class TFEsmRotaryTest(AdaptedRotaryTestMixin, unittest.TestCase):
    framework = TensorFlow
    model = "EsmModel"
    layout = "half-split"
