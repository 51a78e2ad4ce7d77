import unittest

from tests.adapted.adapters import AdaptedRotaryTestMixin, Flax


class FlaxGemmaRotaryTest(AdaptedRotaryTestMixin, unittest.TestCase):
    framework = Flax
    model = "GemmaModel"
    layout = "half-split"
