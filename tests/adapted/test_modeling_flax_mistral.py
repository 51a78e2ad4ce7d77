import unittest

from tests.adapted.adapters import AdaptedRotaryTestMixin, Flax


class FlaxMistralRotaryTest(AdaptedRotaryTestMixin, unittest.TestCase):
    framework = Flax
    model = "MistralModel"
    layout = "half-split"
