import unittest

from tests.adapted.adapters import AdaptedRotaryTestMixin, Flax


class FlaxGPTJRotaryTest(AdaptedRotaryTestMixin, unittest.TestCase):
    framework = Flax
    model = "GPTJModel"
    layout = "interleaved"
